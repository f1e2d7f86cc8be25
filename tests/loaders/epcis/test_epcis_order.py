"""Loading the same events in any order, over any number of files, gives the same graph."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.epcis import Options
from tests.fakes_store import LOADED_AT, MemoryGraph
from tests.loaders.epcis.epcis_events import (
    BY_ADVICE,
    HOST,
    ITEM,
    ITEM_2,
    LOT,
    LOT_2,
    PALLET,
    PALLET_2,
    SITE,
    amounts,
    event,
    graph_of,
    load,
    packing,
    receiving,
    recorded,
    shipping,
    unpacking,
    utc,
    voiding,
)

days = st.integers(1, 6)
parents = st.sampled_from([PALLET, PALLET_2])
items = st.sampled_from([ITEM, ITEM_2, PALLET_2])
children = st.lists(items, unique=True, min_size=1, max_size=2)
lot_children = st.sampled_from([None, 2, 5]).map(lambda q: amounts(LOT, q, "KGM"))
advices = st.sampled_from([{}, BY_ADVICE])
sent = st.lists(st.sampled_from([PALLET, PALLET_2, ITEM]), unique=True, min_size=1, max_size=2)
dispositions = st.sampled_from([{}, {}, {"disposition": "returned"}])


@st.composite
def packings(draw: st.DrawFn) -> Any:
    action = draw(st.sampled_from(["ADD", "ADD", "DELETE", "OBSERVE"]))
    parent = draw(parents)
    inside = [c for c in draw(children) if c != parent]
    more = {"childQuantityList": draw(lot_children)} if draw(st.booleans()) else {}
    if not inside and not more:
        inside = [ITEM]
    return packing(draw(days), inside, parent, action=action, **more)


@st.composite
def shipments(draw: st.DrawFn) -> Any:
    make = draw(st.sampled_from([shipping, receiving]))
    more = {**draw(advices), **draw(dispositions)}
    if draw(st.booleans()):
        return make(draw(days), [], quantityList=draw(lot_children), **more)
    return make(draw(days), draw(sent), **more)


@st.composite
def voids(draw: st.DrawFn) -> Any:
    return event("Object", draw(days), bizStep="void_shipping", epcList=draw(sent), **draw(advices))


installing = st.builds(
    lambda at, action: event(
        "Association", at, action=action, parentID=HOST, childEPCs=[ITEM], bizStep="installing"
    ),
    days,
    st.sampled_from(["ADD", "DELETE"]),
)
makings = st.builds(
    lambda at: event(
        "Transformation",
        at,
        inputQuantityList=amounts(LOT, 1, "KGM"),
        outputQuantityList=amounts(LOT_2, 1),
    ),
    days,
)
emptyings = st.builds(unpacking, days, parent=parents)


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A few events that have much to do with each other.

    Some are recorded by two systems, some voided, also twice or by a copy that is none.
    """
    kinds = st.one_of(packings(), packings(), emptyings, shipments(), voids(), installing, makings)
    told: list[dict[str, Any]] = []
    for number, drawn in enumerate(draw(st.lists(kinds, min_size=1, max_size=8))):
        one = recorded({**drawn, "eventID": f"urn:x:{number}"}, draw(st.integers(7, 12)))
        told.append(one)
        if draw(st.integers(0, 4)) == 0:
            told.append(recorded(one, draw(st.integers(7, 12))))
        for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
            more = draw(st.sampled_from([{}, {"disposition": "damaged"}]))
            told.append(voiding({**one, **more}, draw(st.integers(8, 14))))
    return told


def loaded_in_files(events: list[dict[str, Any]], sizes: list[int]) -> MemoryGraph:
    graph = MemoryGraph()
    rest = list(events)
    for size in [*sizes, len(rest)]:
        now, rest = rest[:size], rest[size:]
        if now:
            loaded = load(graph, *now, options=Options(now=LOADED_AT, batch_events=2))
            assert loaded.clean, [s.reason() for s in loaded.samples]
    return graph


@settings(max_examples=300, deadline=None)
@given(histories(), st.randoms(use_true_random=False), st.lists(st.integers(1, 4), max_size=6))
def test_any_order_over_any_files_gives_the_same_graph(
    events: list[dict[str, Any]], chance: Any, sizes: list[int]
) -> None:
    together = graph_of(*events)
    shuffled = list(events)
    chance.shuffle(shuffled)

    apart = loaded_in_files(shuffled, sizes)

    assert without_places_read(apart) == without_places_read(together)


def without_places_read(graph: MemoryGraph) -> Any:
    """The graph without file names and lines, which differ with the order of loading."""
    nodes, links, versions = graph.content()
    plain = {
        i: (label, roles, {k: v for k, v in values.items() if k != "source_record"}, ids)
        for i, (label, roles, values, ids) in nodes.items()
    }
    held = {
        key: [(f.recorded_at, f.retracted_at, values_of(f)) for f in some]
        for key, some in versions.items()
    }
    return plain, links, held


def values_of(fact: Any) -> tuple[Any, ...]:
    names = ("quantity", "uom", "occurred_at", "valid_from", "valid_to", "confidence", "place_id")
    return tuple(getattr(fact, name) for name in names)


@settings(max_examples=100, deadline=None)
@given(histories())
def test_loading_twice_changes_nothing(events: list[dict[str, Any]]) -> None:
    graph = graph_of(*events)
    before = graph.content()

    load(graph, *events)

    assert graph.content() == before


@settings(max_examples=150, deadline=None)
@given(histories(), st.integers(7, 15))
def test_what_was_known_then_is_what_loading_only_that_would_have_shown(
    events: list[dict[str, Any]], number: int
) -> None:
    """Intervals of packing are exact along record time, whatever was learnt later."""
    moment = utc(number, 23)
    packed = [e for e in events if e["type"] in ("AggregationEvent", "AssociationEvent")]
    by_then = [e for e in packed if told_at(e) <= moment]

    later = spans(graph_of(*packed), moment) if packed else set()
    then = spans(graph_of(*by_then), None) if by_then else set()

    observed = {"observed", "inferred"}
    assert {s for s in later if s[-1] not in observed} == {s for s in then if s[-1] not in observed}


def told_at(data: dict[str, Any]) -> datetime:
    declared = data.get("errorDeclaration", {}).get("declarationTime")
    return datetime.fromisoformat(declared or data["recordTime"])


def spans(graph: MemoryGraph, known_at: datetime | None) -> set[tuple[Any, ...]]:
    return {
        (f.source_id, f.target_id, f.event_id, f.valid_from, f.valid_to, str(f.confidence))
        for f in graph.flows(known_at)
    }


def test_a_late_unpacking_closes_what_an_earlier_file_opened() -> None:
    graph = MemoryGraph()
    load(graph, packing(1))
    load(graph, unpacking(3))

    assert [f.valid_to for f in graph.flows()] == [utc(3)]


def test_a_late_packing_takes_back_what_an_observation_had_shown() -> None:
    graph = MemoryGraph()
    load(graph, recorded(packing(4, action="OBSERVE"), 9))
    load(graph, recorded(packing(1), 8))

    assert [str(f.confidence) for f in graph.flows()] == ["recorded"]


def test_a_receipt_loaded_before_its_despatch_closes_it_later() -> None:
    graph = MemoryGraph()
    load(graph, receiving(5))
    load(graph, shipping(2))

    assert {f.occurred_at for f in graph.flows() if str(f.type) == "DELIVERED_TO"} == {utc(5)}


def test_a_declaration_loaded_before_its_event_voids_it_when_it_comes() -> None:
    graph = MemoryGraph()
    made = recorded(packing(1, eventID="urn:x:1"), 2)
    load(graph, voiding(made, 9))
    load(graph, made)

    assert graph.flows() == []
    assert len(graph.flows(known_at=utc(5))) == 1


def test_an_unaffected_flow_is_not_written_again() -> None:
    graph = MemoryGraph()
    load(graph, packing(1, [ITEM, ITEM_2]))
    written = load(graph, unpacking(3, [ITEM], bizLocation={"id": SITE})).written

    assert (written.flows_new, written.flows_changed) == (0, 1)
