"""Windows of time and stays on both databases, held against the same facts in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genealogy.errors import InvalidQuery
from genealogy.model.facts import Fact, LinkFact, NodeFact, NodeId
from genealogy.ports import Direction
from genealogy.store import schema
from genealogy.store.bolt import GraphStore
from genealogy.trace.result import Mode, Trace, TraceQuery, Window, WindowKind
from tests.conftest import connect
from tests.databases import Endpoint
from tests.engine.test_trace_on_databases import answer, in_memory, load, own_ids
from tests.genealogies import LAST_DAY, Genealogy, day, genealogies
from tests.oracle.test_present import HERE
from tests.oracle.test_present import companies as present_companies
from tests.oracle.test_stays import PLACES, companies, some_day
from tests.oracle.test_unlotted import companies as unlotted
from tests.unit.trace.test_seeds import (
    BY_MOVES,
    FROM_DOCK,
    GTIN,
    LINE,
    MADE,
    NAMED,
    PRODUCT,
    RUNS,
    SOME_DAY,
    STORE,
    SUPPLIES,
    UNPACKED,
)
from tests.unit.trace.test_still import MIXED

ENOUGH = settings(
    max_examples=int(os.environ.get("LOTGRAPH_EXAMPLES", "25")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
BOTH: tuple[Direction, ...] = ("forward", "backward")
ways = st.sampled_from(["forward", "backward", "both"])
known = st.none() | st.integers(0, LAST_DAY)


@pytest.fixture(scope="module")
def shared_store(shared_database: Endpoint) -> Iterator[GraphStore]:
    with connect(shared_database) as store:
        schema.ensure(store)
        yield store


def outcome(ask: Any) -> dict[str, Any]:
    try:
        found: Trace = ask()
    except InvalidQuery as why:
        return {"refused": why.error_code}
    return {**answer(found), "seeds": found.seeds}


@ENOUGH
@given(drawn=companies() | genealogies(), way=ways, mode=st.sampled_from(Mode), data=st.data())
def test_a_window_finds_on_the_database_what_it_finds_in_memory(
    shared_store: GraphStore, drawn: Genealogy, way: Any, mode: Mode, data: st.DataObject
) -> None:
    facts = own_ids(drawn)
    nodes = {f.node_id.partition("~")[0]: f.node_id for f in facts if isinstance(f, NodeFact)}
    place = nodes[data.draw(st.sampled_from([p for p in PLACES if p in nodes]))]
    first, more = data.draw(some_day), data.draw(st.integers(0, 3))
    window = Window(WindowKind.PLACE, place, day(first), day(first + more))
    until = day(data.draw(known))
    query = TraceQuery((), way, mode, until, day(data.draw(known)), windows=(window,))
    engine = load(shared_store, facts)
    assert outcome(lambda: engine.trace(query)) == outcome(lambda: in_memory(facts, query))


@ENOUGH
@given(drawn=present_companies(), way=ways, first=some_day, more=st.integers(0, 3))
def test_what_was_at_a_place_by_any_record_is_found_alike(
    shared_store: GraphStore, drawn: Genealogy, way: Any, first: int, more: int
) -> None:
    facts = own_ids(drawn)
    [place] = {f.node_id for f in facts if isinstance(f, NodeFact) and f.node_id.startswith(HERE)}
    window = Window(WindowKind.PLACE, place, day(first), day(first + more))
    query = TraceQuery((), way, windows=(window,))
    engine = load(shared_store, facts)
    assert outcome(lambda: engine.trace(query)) == outcome(lambda: in_memory(facts, query))


def named(facts: list[Fact]) -> list[Fact]:
    """The facts under ids that no other example uses, links and products too."""
    nodes = [f for f in facts if isinstance(f, NodeFact)]
    links = [f for f in facts if isinstance(f, LinkFact)]
    flows = [f for f in facts if not isinstance(f, NodeFact | LinkFact)]
    return own_ids(Genealogy(tuple(nodes), tuple(flows), tuple(links)))


@pytest.mark.parametrize(
    ("facts", "kind", "node", "days"),
    [
        (RUNS, "equipment", LINE, (2, 3)),
        (RUNS, "place", "place:site", (2, None)),
        (BY_MOVES, "equipment", LINE, (3, 4)),
        (SUPPLIES.facts, "supplier", "party:S", (3, 4)),
        (FROM_DOCK, "supplier", "party:S", (4, 4)),
        (MADE, "product", PRODUCT, (1, 3)),
        (STORE.facts, "place", "place:cold", (2, 3)),
        (UNPACKED.facts, "place", "place:cold", (3, 4)),
        (UNPACKED.facts, "place", "place:cold", (7, 8)),
        (SOME_DAY.facts, "place", "place:cold", (8, 9)),
    ],
)
def test_every_kind_of_window_is_alike(
    shared_store: GraphStore, facts: Any, kind: str, node: str, days: tuple[int | None, int | None]
) -> None:
    own = named(list(facts))
    [node_id] = {
        f.node_id for f in own if isinstance(f, NodeFact) and f.node_id.partition("~")[0] == node
    }
    window = Window(WindowKind(kind), node_id, *map(day, days))
    engine = load(shared_store, own)
    for way in BOTH:
        query = TraceQuery((), way, windows=(window,))
        found = outcome(lambda query=query: engine.trace(query))
        assert found == outcome(lambda query=query: in_memory(own, query))
        assert found["seeds"]


@pytest.mark.parametrize("product", ["product:F", GTIN])
def test_a_product_is_found_by_its_gtin_alike(shared_store: GraphStore, product: str) -> None:
    window = Window(WindowKind.PRODUCT, NodeId(product))
    query = TraceQuery((), "forward", windows=(window,))
    engine = load(shared_store, list(NAMED))
    found = outcome(lambda: engine.trace(query))
    assert found == outcome(lambda: in_memory(list(NAMED), query))
    assert len(found["seeds"]) == 3


def test_material_that_passes_nothing_on_is_alike(shared_store: GraphStore) -> None:
    own = named(list(MIXED.facts))
    [water] = [
        f.node_id for f in own if isinstance(f, NodeFact) and f.node_id.startswith("lot:water")
    ]
    engine = load(shared_store, own)
    for way in BOTH:
        query = TraceQuery(tuple(nodes_at_ends(own)), way)
        found = engine.trace(query)
        assert answer(found) == answer(in_memory(own, query))
        assert [f.node_id for f in found.completeness.frontiers] == [water]


@settings(ENOUGH, max_examples=12)
@given(drawn=unlotted(), way=ways, mode=st.sampled_from(Mode), data=st.data())
def test_material_without_lot_number_is_alike(
    shared_store: GraphStore, drawn: Genealogy, way: Any, mode: Mode, data: st.DataObject
) -> None:
    # A GTIN is the same in all examples, which share a database.
    nodes = tuple(replace(node, properties={}) for node in drawn.nodes)
    facts = own_ids(replace(drawn, nodes=nodes))
    nodes = [f.node_id for f in facts if isinstance(f, NodeFact)]
    seed = data.draw(st.sampled_from([n for n in nodes if n.startswith(("lot", "batch"))]))
    query = TraceQuery((seed,), way, mode, day(data.draw(known)))
    found = load(shared_store, facts).trace(query)
    assert answer(found) == answer(in_memory(facts, query))
    assert found.inferred == in_memory(facts, query).inferred


def nodes_at_ends(facts: list[Fact]) -> list[NodeId]:
    ends = ("batch:well", "lot:cap")
    return [f.node_id for f in facts if isinstance(f, NodeFact) and f.node_id.startswith(ends)]


def test_links_and_places_that_are_not_known_are_no_window(shared_store: GraphStore) -> None:
    engine = load(shared_store, named(list(RUNS)))
    window = Window(WindowKind.PLACE, NodeId("place:none of these"))
    with pytest.raises(InvalidQuery, match="is not known"):
        engine.trace(replace(TraceQuery((), "forward"), windows=(window,)))
