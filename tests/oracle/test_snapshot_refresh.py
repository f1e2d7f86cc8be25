"""A snapshot that is followed up write by write answers what its source answers."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.model.facts import Fact, FlowFact, NodeFact
from genealogy.model.identifiers import is_unlotted
from genealogy.snapshot.keeper import Keeper
from genealogy.trace.result import Mode, TraceQuery
from genealogy.trace.run import trace
from tests.genealogies import Genealogy, day, genealogies
from tests.oracle.test_snapshot_traces import limits, outcome
from tests.oracle.test_unlotted import companies as unlotted
from tests.snapshots import MemoryGraph

ENOUGH = settings(max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "100")), deadline=None)
ways = st.sampled_from(["forward", "backward", "both"])


@ENOUGH
@given(drawn=genealogies() | unlotted(), data=st.data())
def test_after_every_write_the_snapshot_answers_as_the_source(drawn: Genealogy, data: Any) -> None:
    source = MemoryGraph()
    source.write(drawn.nodes[: data.draw(st.integers(0, len(drawn.nodes)))])
    with tempfile.TemporaryDirectory() as folder:
        keeper = Keeper(source, Path(folder))
        keeper.build()
        for facts in writes(drawn, data):
            source.write(facts)
            if data.draw(st.booleans()):
                found, told = both(keeper, source, drawn, data)
                assert found == told
        found, told = both(keeper, source, drawn, data)
        assert keeper.fresh() is not None
        assert found == told


def writes(drawn: Genealogy, data: Any) -> list[list[Fact]]:
    """All facts in a few writes, and some flows once more: retracted, at another time or place."""
    flows = list(data.draw(st.permutations(drawn.flows)))
    again = [changed(f, drawn, data) for f in flows if data.draw(st.integers(0, 3)) == 0]
    told = [*drawn.links, *flows, *again]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(told)), max_size=4)))
    parts = [told[a:b] for a, b in zip([0, *cuts], [*cuts, len(told)], strict=True)]
    known = {n.node_id: n for n in drawn.nodes}
    return [[*ends(part, known), *part] for part in parts if part]


def ends(part: list[Fact], known: dict[Any, NodeFact]) -> list[NodeFact]:
    """The nodes at the ends of flows, which a write always tells of."""
    return [known[i] for f in part for i in (f.source_id, f.target_id)]  # type: ignore[union-attr]


def changed(flow: FlowFact, drawn: Genealogy, data: Any) -> FlowFact:
    how = data.draw(st.integers(0, 2))
    if how == 0:
        return replace(flow, retracted_at=day(3))
    if how == 1:
        return replace(flow, occurred_at=day(data.draw(st.integers(0, 5))))
    same = [f for f in drawn.flows if f.target_label == flow.target_label and f.type == flow.type]
    other = data.draw(st.sampled_from(same))
    return replace(flow, target_id=other.target_id, retracted_at=None)


def both(
    keeper: Keeper, source: MemoryGraph, drawn: Genealogy, data: Any
) -> tuple[list[Any], list[Any]]:
    """What the snapshot answers to a few questions, as it stands; and what the source does."""
    content = keeper.fresh()
    if any(map(is_unlotted, drawn.ids())) and content is None:
        # Of another product some has no lot number now: the snapshot is made anew.
        keeper.build()
        content = keeper.fresh()
    assert content is not None
    assert content.watermark == source.state().watermark
    found, told = [], []
    for seed in data.draw(st.lists(st.sampled_from(drawn.ids()), min_size=1, max_size=3)):
        asked = data.draw(limits(drawn))
        query = TraceQuery((seed,), data.draw(ways), data.draw(st.sampled_from(Mode)), **asked)
        found.append(outcome(lambda q=query: keeper.trace(q)))
        told.append(outcome(lambda q=query: trace(source, q)))
    return found, told
