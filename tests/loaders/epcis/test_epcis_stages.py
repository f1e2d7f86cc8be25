"""Events too large for one write: objects ahead, what happened at once, again after a stop."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from genealogy.model.facts import Fact, FlowFact, LinkFact, NodeFact, Written
from genealogy.model.names import Label
from loaders.epcis.body import packed, unpacked
from loaders.epcis.load import MOST_OBJECTS
from loaders.epcis.stages import MOST_AT_ONCE, stages
from tests.fakes_store import MemoryGraph
from tests.loaders.epcis.epcis_events import N_PALLET, PALLET, load, packing, unpacking, voiding

SERIALS = [f"urn:epc:id:sgtin:4012345.011122.{i}" for i in range(8_000)]
LARGE = packing(1, SERIALS, eventID="urn:x:large")


class Stopped(Exception):
    """The program was stopped."""


class Interrupted(MemoryGraph):
    """Takes so many writes and no more."""

    left = 0

    def write(self, facts: Sequence[Fact]) -> Written:
        if self.left == 0:
            raise Stopped
        self.left -= 1
        return super().write(facts)


def facts_of(events: Sequence[dict[str, Any]]) -> list[Fact]:
    class Kept(MemoryGraph):
        def write(self, facts: Sequence[Fact]) -> Written:
            kept.extend(facts)
            return super().write(facts)

    kept: list[Fact] = []
    load(Kept(), *events)
    return kept


def test_few_facts_are_one_write() -> None:
    facts = facts_of([packing(1)])
    assert list(stages(facts)) == [facts]


def test_flows_and_events_are_written_last_and_at_once() -> None:
    facts = facts_of([LARGE])
    *ahead, last = stages(facts)

    assert len(facts) > MOST_AT_ONCE
    assert sorted(map(repr, facts)) == sorted(repr(f) for some in (*ahead, last) for f in some)
    assert not any(isinstance(f, FlowFact) for some in ahead for f in some)
    assert {type(f) for f in last} == {FlowFact, NodeFact}
    assert [f.label for f in last if isinstance(f, NodeFact)] == [Label.EVENT]
    assert max(map(len, ahead)) <= MOST_AT_ONCE


def test_nodes_are_written_before_the_links_to_them() -> None:
    *ahead, _ = stages(facts_of([LARGE]))
    kinds = [isinstance(f, LinkFact) for some in ahead for f in some]
    assert kinds == sorted(kinds)


@pytest.mark.parametrize("writes", range(4))
def test_an_interrupted_event_shows_no_flow_and_is_completed_by_loading_again(writes: int) -> None:
    graph = Interrupted()
    graph.left = writes
    with pytest.raises(Stopped):
        load(graph, LARGE)
    assert list(graph.flows()) == []
    assert not any(node.claims for node in graph.nodes.values() if node.label is Label.EVENT)

    graph.left = -1
    assert load(graph, LARGE).total.accepted == 1
    whole = MemoryGraph()
    load(whole, LARGE)
    assert graph.flows() == whole.flows()
    assert graph.nodes == whole.nodes
    assert graph.links == whole.links


def test_a_long_body_is_stored_compressed_and_read_back() -> None:
    body = "".join(random.Random(7).choices("abc批", k=1_100_000))
    assert len(packed(body)) < len(body)
    assert unpacked(packed(body)) == body
    assert packed("short") == unpacked("short") == "short"


def test_what_a_large_event_packed_can_be_taken_out_and_the_event_be_voided() -> None:
    serials = [f"urn:epc:id:sgtin:4012345.011122.{i:020}" for i in range(25_000)]
    large = packing(1, serials, eventID="urn:x:large")
    graph = MemoryGraph()
    load(graph, large)
    load(graph, unpacking(2, eventID="urn:x:out"))
    assert {f.target_id for f in graph.flows()} == {N_PALLET}
    assert all(f.valid_to is not None for f in graph.flows())

    assert load(graph, large).total.duplicates == 1
    load(graph, voiding(large, 3))
    assert list(graph.flows()) == []


def test_an_event_of_200_000_objects_is_taken() -> None:
    serials = [f"urn:epc:id:sgtin:4012345.011122.{i}" for i in range(200_000)]
    graph = MemoryGraph()
    loaded = load(graph, packing(1, serials, PALLET))
    assert (loaded.total.accepted, loaded.total.rejected) == (1, 0)
    assert len(graph.flows()) == 200_000


def test_an_event_of_more_objects_than_a_database_takes_is_refused_with_numbers() -> None:
    serials = [f"urn:epc:id:sgtin:4012345.011122.{i}" for i in range(MOST_OBJECTS)]
    loaded = load(MemoryGraph(), packing(1, serials, eventID="urn:x:large"), packing(2))
    assert loaded.total.accepted == 1
    [refused] = loaded.samples
    assert (refused.code, refused.value, refused.line) == ("epcis_too_many", "urn:x:large", 1)
    assert refused.reason().startswith("the event names 250,001 objects, more than the 250,000")
    assert "Split it" in refused.hint()
