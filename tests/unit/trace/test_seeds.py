"""Windows of time: what each kind stands for, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from genealogy.errors import InvalidQuery, NotFound
from genealogy.model.facts import Fact, FlowFact, LinkFact, NodeFact, NodeId
from genealogy.model.names import MOVED_AT, Flow, Label, Link
from genealogy.model.times import to_micros
from genealogy.trace.paths import best_paths
from genealogy.trace.result import Mode, Trace, TraceQuery, Window, WindowKind
from genealogy.trace.run import trace
from tests.fakes import MemoryFlows
from tests.genealogies import DAY_ZERO, OTHER, SOURCE, cleaned, day, flow, genealogy, kind_of
from tests.unit.trace.following import gaps

SITE, LINE, COLD, TANK = "place:site", "place:line", "place:cold", "place:tank"


def link(kind: Link, source: str, target: str, part: str | None = None) -> LinkFact:
    ends = (NodeId(source), kind_of(source), NodeId(target), kind_of(target))
    return LinkFact(kind, *ends, SOURCE, part)


def node(node_id: str, **told: Any) -> NodeFact:
    return NodeFact(kind_of(node_id), NodeId(node_id), SOURCE, properties=told)


def ask(facts: list[Fact], kind: str, node_id: str, *days: int | None, **more: Any) -> Trace:
    revision, way = more.pop("revision", None), more.pop("way", "forward")
    window = Window(WindowKind(kind), NodeId(node_id), *map(day, days), revision=revision)
    return trace(MemoryFlows(facts), TraceQuery((), way, windows=(window,), **more))


def reached(answer: Trace) -> set[str]:
    return {r.node_id for r in answer.reached if r.direction != "seed"}


def seeds(answer: Trace) -> set[str]:
    return {r.node_id for r in answer.reached if r.direction == "seed"}


RUNS = [
    *genealogy(
        [
            flow(Flow.CONSUMED_BY, "lot:raw", "batch:1", 1),
            flow(Flow.PRODUCED, "batch:1", "lot:early", 1),
            flow(Flow.PRODUCED, "batch:1", "lot:late", 3),
            flow(Flow.PRODUCED, "batch:2", "lot:other", 5),
        ],
        more=[SITE, LINE, "batch:3"],
        properties={
            "batch:1": {"started_at": day(0), "ended_at": day(3)},
            "batch:2": {"started_at": day(4), "ended_at": day(6)},
        },
    ).facts,
    link(Link.AT, LINE, SITE, "parent"),
    link(Link.MADE_ON, "batch:1", LINE, "line"),
    link(Link.MADE_ON, "batch:2", LINE, "line"),
]


def test_a_line_stands_for_what_ran_on_it_then_and_what_came_out_since() -> None:
    answer = ask(RUNS, "equipment", LINE, 2, 3)
    assert (seeds(answer), reached(answer)) == ({"batch:1"}, {"lot:late"})
    assert [(s.node_id, s.window) for s in answer.seeds] == [("batch:1", 0)]


def test_a_site_holds_its_lines_and_a_run_at_an_unknown_time_may_have_been_then() -> None:
    unknown = [*RUNS, link(Link.MADE_ON, "batch:3", SITE)]
    assert seeds(ask(unknown, "equipment", SITE, 2, 3)) == {"batch:1", "batch:3"}
    assert seeds(ask(RUNS, "place", SITE, 5, None)) == {"batch:2"}


def placed(*told: Any, place: str) -> FlowFact:
    return replace(flow(*told), place_id=NodeId(place))


BY_MOVES = [
    *genealogy(
        [
            placed(Flow.CONSUMED_BY, "lot:raw", "batch:1", 2, place=LINE),
            placed(Flow.CONSUMED_BY, "lot:raw", "batch:2", 2, place=COLD),
            flow(Flow.PRODUCED, "batch:1", "lot:1", 5),
        ],
        more=[SITE, LINE],
    ).facts,
    link(Link.AT, LINE, SITE, "parent"),
    link(Link.AT, "batch:1", LINE, MOVED_AT),
    link(Link.AT, "batch:2", COLD, MOVED_AT),
]


@pytest.mark.parametrize("kind", ["equipment", "place"])
@pytest.mark.parametrize("place", [LINE, SITE])
def test_a_line_stands_for_batches_of_which_only_a_movement_says_that_they_were_there(
    kind: str, place: str
) -> None:
    for days in ((2, 2), (3, 4), (5, 9), (0, None)):
        answer = ask(BY_MOVES, kind, place, *days)
        # What was used at a place was there, and nobody says where the rest of it was.
        used = kind == "place" and days[0] <= 2
        assert seeds(answer) == {"batch:1", *(["lot:raw"] if used else [])}
        assert reached(answer) == {"lot:1", *(["batch:2"] if used else [])}
    for days in ((0, 1), (6, 7)):
        with pytest.raises(InvalidQuery):
            ask(BY_MOVES, kind, place, *days)


def test_a_movement_that_was_withdrawn_tells_of_no_place() -> None:
    gone = [replace(f, retracted_at=day(9)) if isinstance(f, FlowFact) else f for f in BY_MOVES]
    with pytest.raises(InvalidQuery):
        ask(gone, "equipment", LINE, 2, 2)


def test_a_run_that_ends_before_it_starts_has_a_wrong_end() -> None:
    wrong = [*RUNS, node("batch:3", started_at=day(2), ended_at=day(1))]
    wrong.append(link(Link.MADE_ON, "batch:3", LINE, "line"))
    assert "batch:3" in seeds(ask(wrong, "equipment", LINE, 3, 3))


def test_conservatively_a_run_reaches_all_that_came_out_of_it() -> None:
    answer = ask(RUNS, "equipment", LINE, 2, 3, mode=Mode.CONSERVATIVE)
    assert reached(answer) == {"lot:late", "lot:early"}


def test_backward_a_window_counts_until_its_end() -> None:
    late = [*RUNS, *genealogy([flow(Flow.CONSUMED_BY, "lot:dose", "batch:1", 3)]).facts]
    assert reached(ask(late, "equipment", LINE, 0, 2, way="backward")) == {"lot:raw"}


STORE = genealogy(
    [
        flow(Flow.STORED_AT, "lot:A", COLD, 1, start=1, end=4),
        flow(Flow.STORED_AT, "lot:B", COLD, 5, start=5),
        flow(Flow.STORED_AT, "unit:U", COLD, 2, start=2),
        flow(Flow.CONTAINED_IN, "lot:C", "unit:U", start=0, end=2),
        flow(Flow.CONTAINED_IN, "lot:D", "unit:U", start=3),
        flow(Flow.SHIPPED_IN, "lot:A", "shipment:before", 1),
        flow(Flow.SHIPPED_IN, "lot:A", "shipment:after", 3),
    ]
)


def test_a_place_stands_for_what_was_kept_there_then() -> None:
    answer = ask([*STORE.facts], "place", COLD, 2, 3)
    # C was in U when that came, and came out of it there then.
    assert seeds(answer) == {"lot:A", "lot:C", "unit:U"}
    assert reached(answer) == {"shipment:after", "lot:D"}
    assert {(s.node_id, s.place) for s in answer.seeds} == {
        ("lot:A", COLD),
        ("lot:C", COLD),
        ("unit:U", COLD),
    }


def test_a_vessel_stands_for_what_was_drawn_until_it_was_cleaned() -> None:
    drawn = genealogy(
        [
            flow(Flow.LOADED_INTO, "lot:A", TANK, 0),
            flow(Flow.DRAWN_FROM, TANK, "batch:1", 1),
            flow(Flow.DRAWN_FROM, TANK, "batch:2", 3),
            flow(Flow.DRAWN_FROM, TANK, "batch:3", 6),
        ]
    )
    facts = [*cleaned(drawn, TANK, 5).facts]
    assert reached(ask(facts, "place", TANK, 2, 2)) == {"batch:2"}
    assert reached(ask(facts, "place", TANK, 6, 6, way="backward")) == set()


def test_what_lay_in_a_store_goes_on_through_a_vessel_that_was_cleaned_meanwhile() -> None:
    drawn = genealogy(
        [
            flow(Flow.STORED_AT, "lot:A", COLD, 0, start=0, end=1),
            flow(Flow.LOADED_INTO, "lot:A", TANK, 3),
            flow(Flow.DRAWN_FROM, TANK, "batch:1", 4),
        ],
        more=[LINE],
        properties={"batch:1": {"started_at": day(4), "ended_at": day(8)}},
    )
    tied = link(Link.MADE_ON, "batch:1", LINE, "line")
    facts = [*cleaned(cleaned(drawn, TANK, 2), TANK, 6).facts, tied]
    assert reached(ask(facts, "place", COLD, 0, 1)) == {TANK, "batch:1"}
    assert reached(ask(facts, "equipment", LINE, 7, 8, way="backward")) == {TANK, "lot:A"}


def test_what_lay_in_a_store_goes_on_through_a_vessel_that_is_drawn_in_turn() -> None:
    drawn = genealogy(
        [
            flow(Flow.STORED_AT, "lot:A", COLD, 0, start=0, end=1),
            *(replace(flow(*f), quantity=Decimal(10), uom="KGM") for f in IN_TURN),
        ],
        more=[LINE],
        properties={TANK: {"vessel_policy": "fifo"}, "batch:2": {"started_at": day(4)}},
    )
    facts = [*drawn.facts, link(Link.MADE_ON, "batch:2", LINE, "line")]
    assert reached(ask(facts, "place", COLD, 0, 1)) == {TANK, "batch:1"}
    assert reached(ask(facts, "equipment", LINE, 3, 5, way="backward")) == {TANK, "lot:B"}


@pytest.mark.parametrize("policy", ["fifo", "lifo"])
def test_what_was_loaded_after_the_window_of_a_vessel_in_turn_was_not_in_it(policy: str) -> None:
    moved = [
        (Flow.LOADED_INTO, "lot:A", TANK, 1),
        (Flow.DRAWN_FROM, TANK, "batch:1", 3),
        (Flow.LOADED_INTO, "lot:B", TANK, 5),
        (Flow.DRAWN_FROM, TANK, "batch:2", 6),
    ]
    drawn = genealogy(
        [replace(flow(*f), quantity=Decimal(10), uom="KGM") for f in moved],
        properties={TANK: {"vessel_policy": policy}},
    )
    assert reached(ask([*drawn.facts], "place", TANK, 2, 2)) == {"batch:1"}
    assert reached(ask([*drawn.facts], "place", TANK, 4, 4)) == set()
    assert reached(ask([*drawn.facts], "place", TANK, 5, 5)) == {"batch:2"}


IN_TURN = [
    (Flow.LOADED_INTO, "lot:A", TANK, 1),
    (Flow.LOADED_INTO, "lot:B", TANK, 2),
    (Flow.DRAWN_FROM, TANK, "batch:1", 3),
    (Flow.DRAWN_FROM, TANK, "batch:2", 4),
]


SUPPLIES = genealogy(
    [
        flow(Flow.SUPPLIED, "party:S", "lot:A", 1),
        flow(Flow.SUPPLIED, "party:S", "lot:B", 4),
        flow(Flow.SUPPLIED, "party:S", "shipment:1", 1),
        flow(Flow.DELIVERED_TO, "shipment:1", COLD, 3),
        flow(Flow.SHIPPED_IN, "lot:C", "shipment:1", 1),
    ]
)


def test_a_supplier_stands_for_what_was_sent_or_received_then() -> None:
    answer = ask([*SUPPLIES.facts], "supplier", "party:S", 3, 4)
    assert (seeds(answer), reached(answer)) == ({"lot:B", "shipment:1"}, {"lot:C", COLD})


FROM_DOCK = [
    *genealogy(
        [
            flow(Flow.SUPPLIED, "party:S", "lot:A", 1),
            flow(Flow.SUPPLIED, "party:S", "lot:B", 1),
            flow(Flow.SUPPLIED, "party:S", "lot:C", 1),
            flow(Flow.SHIPPED_IN, "lot:A", "shipment:dock", 2),
            flow(Flow.SHIPPED_IN, "lot:other", "shipment:dock", 2),
            flow(Flow.DELIVERED_TO, "shipment:dock", COLD, 4),
            flow(Flow.CONTAINED_IN, "lot:B", "unit:U", start=1, end=5),
            flow(Flow.SHIPPED_IN, "unit:U", "shipment:nobody", 2),
            flow(Flow.DELIVERED_TO, "shipment:nobody", COLD, 4),
            flow(Flow.SHIPPED_IN, "unit:U", "shipment:again", 7),
            flow(Flow.DELIVERED_TO, "shipment:again", COLD, 8),
            flow(Flow.SHIPPED_IN, "lot:C", "shipment:on", 3),
            flow(Flow.DELIVERED_TO, "shipment:on", "party:X", 4),
        ],
        more=["place:dock", SITE],
        properties={
            "shipment:dock": {"kind": "inbound", "dispatched_at": day(2)},
            "shipment:on": {"kind": "outbound"},
            "shipment:again": {"kind": "inbound"},
        },
    ).facts,
    link(Link.AT, "place:dock", SITE, "parent"),
    link(Link.AT, SITE, "party:S", "party"),
    link(Link.AT, "shipment:dock", "place:dock", "from"),
    link(Link.AT, "shipment:on", COLD, "from"),
]


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ((4, 4), {"lot:A", "lot:B", "shipment:dock"}),
        ((2, 2), {"shipment:dock"}),
        ((1, 1), {"lot:A", "lot:B", "lot:C"}),
    ],
)
def test_what_a_supplier_supplied_was_received_with_what_it_came_in(
    days: tuple[int, int], found: set[str]
) -> None:
    assert seeds(ask(FROM_DOCK, "supplier", "party:S", *days)) == found
    with pytest.raises(InvalidQuery):
        ask(FROM_DOCK, "supplier", "party:S", 8, 8)


TOLERANT = timedelta(days=1)


@pytest.mark.parametrize(
    ("facts", "kind", "node_id", "days", "found"),
    [
        (RUNS, "equipment", LINE, (7, 8), {"batch:2"}),
        ([*STORE.facts], "place", COLD, (0, 0), {"lot:A"}),
        ([*SUPPLIES.facts], "supplier", "party:S", (5, 6), {"lot:B"}),
    ],
)
def test_clocks_that_may_be_off_widen_windows(
    facts: list[Fact], kind: str, node_id: str, days: tuple[int, int], found: set[str]
) -> None:
    with pytest.raises(InvalidQuery):
        ask(facts, kind, node_id, *days)
    off = ((SOURCE.system, TOLERANT),)
    assert seeds(ask(facts, kind, node_id, *days, clock_tolerance=off)) == found


def test_an_event_that_was_withdrawn_stands_for_nothing() -> None:
    told = {"kind": "storage_excursion", "occurred_at": day(2), "retracted_at": "2026-02-01T00:00Z"}
    about = [*STORE.facts, node("quality:1", **told), link(Link.ABOUT, "quality:1", COLD)]
    with pytest.raises(InvalidQuery, match="was withdrawn at 2026-02-01"):
        ask(about, "event", "quality:1")
    then = datetime(2026, 1, 15, tzinfo=UTC)
    assert seeds(ask(about, "event", "quality:1", known_at=then))


def test_an_event_that_was_not_known_then_is_refused() -> None:
    about = [*STORE.facts, node("quality:1", kind="complaint"), link(Link.ABOUT, "quality:1", COLD)]
    with pytest.raises(NotFound, match="was not known at"):
        ask(about, "event", "quality:1", known_at=datetime(2025, 12, 1, tzinfo=UTC))


PRODUCT = "product:P"
MADE = [
    *RUNS,
    NodeFact(kind_of("product:P"), NodeId(PRODUCT), SOURCE),
    node("batch:1", recipe_revision="B", started_at=day(0)),
    node("batch:2", recipe_revision="C"),
    node("lot:bought", produced_at=day(2)),
    *(
        link(Link.OF_PRODUCT, lot, PRODUCT)
        for lot in ("lot:early", "lot:late", "lot:other", "lot:bought")
    ),
]


@pytest.mark.parametrize(
    ("days", "revision", "found"),
    [
        ((1, 3), None, {"lot:early", "lot:late", "lot:bought"}),
        ((2, 5), "B", {"lot:late", "lot:bought"}),
        ((None, None), "C", {"lot:other", "lot:bought"}),
    ],
)
def test_a_product_stands_for_its_lots_made_then_by_a_revision(
    days: tuple[int | None, int | None], revision: str | None, found: set[str]
) -> None:
    assert seeds(ask(MADE, "product", PRODUCT, *days, revision=revision)) == found


GTIN = NodeId("(01)09506000134352")
NAMED = [
    NodeFact(Label.PRODUCT, NodeId("product:F"), SOURCE, properties={"gtin": GTIN[4:]}),
    NodeFact(Label.PRODUCT, GTIN, SOURCE),
    *(NodeFact(Label.LOT, NodeId(lot), SOURCE) for lot in (f"{GTIN}(10)X", "lot:C:F:1")),
    NodeFact(Label.ITEM, NodeId(f"{GTIN}(21)S"), SOURCE),
    *(
        LinkFact(Link.OF_PRODUCT, NodeId(node), kind, NodeId(product), Label.PRODUCT, SOURCE)
        for node, kind, product in (
            (f"{GTIN}(10)X", Label.LOT, GTIN),
            (f"{GTIN}(21)S", Label.ITEM, GTIN),
            ("lot:C:F:1", Label.LOT, "product:F"),
            (GTIN, Label.PRODUCT, "product:F"),
        )
    ),
]


@pytest.mark.parametrize("product", ["product:F", GTIN])
def test_a_product_is_found_by_its_own_name_and_by_its_gtin(product: str) -> None:
    found = {f"{GTIN}(10)X", f"{GTIN}(21)S", "lot:C:F:1"}
    assert seeds(ask(NAMED, "product", product, 1, 2)) == found


def test_a_lot_made_in_a_window_is_found_whenever_it_was_supplied() -> None:
    supplied = [*MADE, *genealogy([flow(Flow.SUPPLIED, "party:S", "lot:bought", 5)]).flows]
    assert "lot:bought" in seeds(ask(supplied, "product", PRODUCT, 1, 3))
    assert "lot:bought" in seeds(ask(supplied, "product", PRODUCT, 5, 6))
    assert "lot:bought" not in seeds(ask(supplied, "product", PRODUCT, 3, 4))


@pytest.mark.parametrize(
    ("flow_type", "origin"),
    [(Flow.DRAWN_FROM, "place:tank"), (Flow.RELABELLED_AS, "lot:early")],
)
def test_a_lot_first_drawn_or_relabelled_after_a_window_was_not_made_in_it(
    flow_type: Flow, origin: str
) -> None:
    lot = "lot:filled"
    came = genealogy([flow(flow_type, origin, lot, 5)])
    told = [*MADE, *came.flows, node(lot), link(Link.OF_PRODUCT, lot, PRODUCT)]
    assert lot not in seeds(ask(told, "product", PRODUCT, 1, 4))
    assert lot in seeds(ask(told, "product", PRODUCT, 5, 6))


def test_an_event_stands_for_its_place_then_or_for_the_thing_itself() -> None:
    event = node("quality:1", kind="storage_excursion", occurred_at=day(2), ended_at=day(3))
    about = [*STORE.facts, event, link(Link.ABOUT, "quality:1", COLD)]
    assert seeds(ask(about, "event", "quality:1")) == {"lot:A", "lot:C", "unit:U"}
    complaint = [*RUNS, node("quality:2", kind="complaint", occurred_at=day(5))]
    complaint.append(link(Link.ABOUT, "quality:2", "lot:raw"))
    assert reached(ask(complaint, "event", "quality:2")) >= {"batch:1", "lot:early"}


def test_a_place_without_recorded_stays_is_told() -> None:
    assert ("presence_unknown", LINE) in gaps(ask(RUNS, "place", LINE, 0, 6))
    assert gaps(ask([*STORE.facts], "place", COLD, 1, 1))[-1:] != [("presence_unknown", COLD)]


def test_an_empty_window_is_told_beside_others_and_refused_alone() -> None:
    with pytest.raises(InvalidQuery, match="Nothing was found in the window of place:line"):
        ask(RUNS, "equipment", LINE, 20, 21)
    window = Window(WindowKind.EQUIPMENT, NodeId(LINE), day(20), day(21))
    both = TraceQuery((NodeId("lot:raw"),), "forward", windows=(window,))
    assert ("nothing_in_window", LINE) in gaps(trace(MemoryFlows(RUNS), both))


@pytest.mark.parametrize(
    ("kind", "node_id", "days", "code"),
    [
        ("equipment", LINE, (3, 2), "window_ends_first"),
        ("equipment", "place:nowhere", (1, 2), "unknown_window"),
        ("supplier", LINE, (1, 2), "wrong_window"),
        ("event", "lot:raw", (), "wrong_window"),
    ],
)
def test_windows_without_sense_are_refused(
    kind: str, node_id: str, days: tuple[int, ...], code: str
) -> None:
    with pytest.raises(InvalidQuery) as refused:
        ask(RUNS, kind, node_id, *days)
    assert refused.value.error_code == code


def test_times_of_an_event_and_a_revision_of_a_place_are_refused() -> None:
    event = [*STORE.facts, node("quality:1", kind="complaint"), link(Link.ABOUT, "quality:1", COLD)]
    with pytest.raises(InvalidQuery, match="times of its own"):
        ask(event, "event", "quality:1", 1, 2)
    with pytest.raises(InvalidQuery, match="A revision is of a product"):
        ask(RUNS, "place", LINE, 1, 2, revision="B")


def test_a_time_without_zone_is_refused() -> None:
    naive = day(1).replace(tzinfo=None)  # type: ignore[union-attr]
    window = Window(WindowKind.EQUIPMENT, NodeId(LINE), naive)
    with pytest.raises(InvalidQuery, match="no zone"):
        trace(MemoryFlows(RUNS), TraceQuery((), "forward", windows=(window,)))


def test_a_place_within_itself_is_searched_once() -> None:
    ring = [*RUNS, link(Link.AT, SITE, LINE, "parent")]
    assert seeds(ask(ring, "equipment", LINE, 2, 3)) == {"batch:1"}


def test_stops_and_depth_hold_for_windows_too() -> None:
    stopped = ask(RUNS, "equipment", LINE, 0, 6, stops=(NodeId("batch:1"),))
    assert reached(stopped) == {"lot:other"}
    assert reached(ask(RUNS, "equipment", LINE, 0, 6, max_depth=0)) == set()
    lots = replace(TraceQuery((), "forward"), windows=())
    with pytest.raises(InvalidQuery):
        trace(MemoryFlows(RUNS), lots)


@pytest.mark.parametrize(("is_kept", "told"), [(False, {COLD}), (True, set())])
def test_what_was_delivered_before_and_kept_nobody_knows_where_is_a_gap(
    is_kept: bool, told: set[str]
) -> None:
    drawn = genealogy(
        [
            flow(Flow.STORED_AT, "lot:other", COLD, 0, start=0, end=9),
            flow(Flow.SHIPPED_IN, "lot:A", "shipment:1", 1),
            flow(Flow.DELIVERED_TO, "shipment:1", COLD, 2),
            *([flow(Flow.STORED_AT, "lot:A", COLD, 2, start=2, end=3)] if is_kept else []),
        ]
    )
    answer = ask(drawn.facts, "place", COLD, 5, 6)
    assert {node for kind, node in gaps(answer) if kind == "presence_unknown"} == told
    # Nobody says that it left.
    assert seeds(answer) == {"lot:other", *([] if is_kept else ["lot:A"])}


def test_further_paths_begin_at_the_seeds_that_were_found() -> None:
    drawn = genealogy(
        [
            flow(Flow.SUPPLIED, "party:S", "lot:1", 1),
            flow(Flow.SUPPLIED, "party:S", "lot:2", 2),
            flow(Flow.SUPPLIED, "party:S", "lot:3", 6),
            *(flow(Flow.CONSUMED_BY, f"lot:{i}", "batch:1", 7) for i in (1, 2, 3)),
        ]
    )
    flows = MemoryFlows(drawn.facts)
    window = Window(WindowKind.SUPPLIER, NodeId("party:S"), day(1), day(3))
    ahead = trace(flows, TraceQuery((), "forward", windows=(window,)))
    paths = best_paths(flows, ahead, NodeId("batch:1"), "forward", 5)
    assert [path[0].before for path in paths] == ["lot:1", "lot:2"]
    behind = trace(flows, TraceQuery((), "backward", windows=(window,)))
    paths = best_paths(flows, behind, NodeId("party:S"), "backward", 5)
    assert [path[0].before for path in paths] == ["lot:2", "lot:1"]


def test_what_was_delivered_here_is_here_whatever_stays_tell_of_other_places() -> None:
    sent = [
        flow(Flow.STORED_AT, "lot:other", COLD, 0, start=0),
        flow(Flow.STORED_AT, "lot:A", SITE, 0, start=0, end=1),
        flow(Flow.SHIPPED_IN, "lot:A", "shipment:1", 1),
        flow(Flow.DELIVERED_TO, "shipment:1", COLD, 2),
        flow(Flow.CONSUMED_BY, "lot:A", "batch:1", 8),
    ]
    answer = ask([*genealogy(sent).facts], "place", COLD, 5, 6)
    assert seeds(answer) == {"lot:A", "lot:other"}
    assert "batch:1" in reached(answer)
    gone = [*sent, flow(Flow.STORED_AT, "lot:A", COLD, 2, start=2, end=3)]
    assert seeds(ask([*genealogy(gone).facts], "place", COLD, 5, 6)) == {"lot:other"}


def test_a_batch_on_a_line_ran_as_long_as_anything_was_moved() -> None:
    late = [*RUNS, node("lot:last"), flow(Flow.PRODUCED, "batch:1", "lot:last", 8)]
    answer = ask(late, "equipment", LINE, 7, 9)
    assert (seeds(answer), reached(answer)) == ({"batch:1"}, {"lot:last"})
    # A movement at an unknown time was when the batch ran.
    some = [*RUNS, node("lot:some"), flow(Flow.PRODUCED, "batch:1", "lot:some")]
    with pytest.raises(InvalidQuery):
        ask(some, "equipment", LINE, 8, 9)


def test_a_vessel_that_was_loaded_later_held_nothing() -> None:
    moves = [flow(Flow.LOADED_INTO, "lot:A", TANK, 5), flow(Flow.DRAWN_FROM, TANK, "lot:B", 6)]
    with pytest.raises(InvalidQuery):
        ask([*genealogy(moves).facts], "place", TANK, 1, 2)
    assert reached(ask([*genealogy(moves).facts], "place", TANK, 4, 5)) == {"lot:B"}
    before = [*moves, flow(Flow.DRAWN_FROM, TANK, "lot:C", 3)]
    assert seeds(ask([*genealogy(before).facts], "place", TANK, 1, 2)) == {TANK}


def test_what_is_known_only_of_a_place_around_is_a_gap() -> None:
    shelf = [
        *genealogy(
            [
                flow(Flow.STORED_AT, "lot:here", COLD, 1, start=1, end=9),
                flow(Flow.STORED_AT, "lot:somewhere", SITE, 2, start=2, end=4),
            ],
            more=[LINE],
        ).facts,
        link(Link.AT, COLD, SITE, "parent"),
        link(Link.AT, LINE, SITE, "parent"),
    ]
    told = [("presence_unknown", COLD)]
    assert gaps(ask(shelf, "place", COLD, 2, 3)) == told
    assert gaps(ask(shelf, "place", COLD, 5, 6)) == []
    finer = [*shelf, *genealogy([flow(Flow.STORED_AT, "lot:somewhere", LINE, 2, start=2)]).facts]
    assert gaps(ask(finer, "place", COLD, 2, 3)) == []
    ran = [*RUNS, link(Link.MADE_ON, "batch:3", SITE)]
    assert ("presence_unknown", LINE) in gaps(ask(ran, "equipment", LINE, 2, 3))
    assert gaps(ask(RUNS, "equipment", LINE, 2, 3)) == []


def test_what_was_sent_away_and_came_back_is_here_again() -> None:
    moves = [
        flow(Flow.STORED_AT, "item:1", COLD, 1, start=1, end=2),
        flow(Flow.SHIPPED_IN, "item:1", "shipment:in", 0),
        flow(Flow.DELIVERED_TO, "shipment:in", COLD, 1),
        flow(Flow.SHIPPED_IN, "item:1", "shipment:out", 2),
        flow(Flow.DELIVERED_TO, "shipment:out", "party:C", 3),
        flow(Flow.RETURNED_IN, "item:1", "shipment:back", 4),
        flow(Flow.DELIVERED_TO, "shipment:back", COLD, 5),
    ]
    assert seeds(ask([*genealogy(moves).facts], "place", COLD, 7, 8)) == {"item:1"}
    with pytest.raises(InvalidQuery):
        ask([*genealogy(moves[:5]).facts], "place", COLD, 7, 8)


#: A pallet came on day 2, a case was taken out of it on day 3, and a lot out of that on day 4.
UNPACKED = genealogy(
    [
        flow(Flow.CONTAINED_IN, "unit:case", "unit:pallet", start=0, end=3),
        flow(Flow.CONTAINED_IN, "lot:L", "unit:case", start=0, end=4),
        flow(Flow.SHIPPED_IN, "unit:pallet", "shipment:1", 1),
        flow(Flow.DELIVERED_TO, "shipment:1", COLD, 2),
        flow(Flow.SHIPPED_IN, "unit:pallet", "shipment:2", 5),
        flow(Flow.DELIVERED_TO, "shipment:2", "party:C", 6),
    ]
)


def test_what_was_unpacked_at_a_place_is_there_still() -> None:
    answer = ask([*UNPACKED.facts], "place", COLD, 7, 8)
    assert seeds(answer) == {"lot:L", "unit:case"}
    assert {(s.since, s.until, s.place) for s in answer.seeds} == {
        (*(to_micros(day(n) or DAY_ZERO) for n in (7, 8)), COLD)
    }
    # It was there, and nobody says until when.
    assert gaps(answer)[-1:] == [("presence_unknown", COLD)]


#: The same, and a lot that came out on one of some days; on the last the pallet had left.
SOME_DAY = replace(
    UNPACKED,
    nodes=(*UNPACKED.nodes, *genealogy([], more=["lot:yes"]).nodes),
    flows=(
        *UNPACKED.flows,
        replace(
            flow(Flow.CONTAINED_IN, "lot:yes", "unit:pallet", start=0, end=7), ends_from=day(3)
        ),
    ),
)


def test_what_may_have_come_out_before_a_pallet_left_may_be_there() -> None:
    assert "lot:yes" in seeds(ask([*SOME_DAY.facts], "place", COLD, 4, 4))
    assert "lot:yes" in seeds(ask([*SOME_DAY.facts], "place", COLD, 8, 9))


@pytest.mark.parametrize(("start", "end"), [(0, 1), (0, 7), (None, 6), (2, None)])
def test_what_came_out_before_a_pallet_came_or_after_it_left_is_not_there(
    start: int | None, end: int | None
) -> None:
    also = [*UNPACKED.flows, flow(Flow.CONTAINED_IN, "lot:no", "unit:pallet", start=start, end=end)]
    assert "lot:no" not in seeds(ask([*genealogy(also).facts], "place", COLD, 8, 9))


@pytest.mark.parametrize(("start", "end"), [(0, 2), (None, 3), (4, 5)])
def test_what_came_out_while_a_pallet_may_have_been_there_is_there(
    start: int | None, end: int
) -> None:
    also = [*UNPACKED.flows, flow(Flow.PART_OF, "lot:yes", "unit:pallet", start=start, end=end)]
    assert "lot:yes" in seeds(ask([*genealogy(also).facts], "place", COLD, 8, 9))


def test_what_is_unpacked_in_a_window_counts_until_its_end() -> None:
    later = [*UNPACKED.flows, flow(Flow.RELABELLED_AS, "lot:mixed in", "lot:L", 5)]
    answer = ask([*genealogy(later).facts], "place", COLD, 3, 6, way="backward")
    assert {(s.node_id, s.since) for s in answer.seeds if s.node_id == "lot:L"} == {
        ("lot:L", to_micros(day(4) or DAY_ZERO))
    }
    assert "lot:mixed in" in reached(answer)


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ([flow(Flow.CONSUMED_BY, "lot:L", "batch:1", 6)], {"lot:L", "unit:case"}),
        ([flow(Flow.SHIPPED_IN, "unit:case", "shipment:2", 5)], {"lot:L"}),
        # Packed again, and taken away so.
        ([flow(Flow.CONTAINED_IN, "unit:case", "unit:pallet", 4, start=4)], {"lot:L"}),
        ([flow(Flow.CONTAINED_IN, "unit:case", "unit:new", 4, start=4)], {"lot:L", "unit:case"}),
        # Stays tell until when it was there.
        ([flow(Flow.STORED_AT, "lot:L", COLD, 4, start=4, end=6)], {"unit:case"}),
        ([flow(Flow.STORED_AT, "unit:case", LINE, 6, start=6)], {"lot:L"}),
    ],
)
def test_what_was_unpacked_and_taken_away_is_gone(more: list[FlowFact], found: set[str]) -> None:
    drawn = genealogy([*UNPACKED.flows, *more])
    assert seeds(ask([*drawn.facts], "place", COLD, 7, 8)) == found


def sized(told: FlowFact, amount: int, place: str | None = None) -> FlowFact:
    return replace(told, base_quantity=Decimal(amount), place_id=place and NodeId(place))


@pytest.mark.parametrize(
    ("used", "place", "more", "is_there"),
    [
        (3, None, [], True),
        (5, None, [], False),
        # There is another case of it, wherever that is: who knows out of which it was used.
        (5, None, ["unit:other"], True),
        (5, COLD, ["unit:other"], False),
    ],
)
def test_a_lot_is_gone_when_all_that_was_unpacked_of_it_was_used(
    used: int, place: str | None, more: list[str], is_there: bool
) -> None:
    flows = [
        sized(flow(Flow.CONTAINED_IN, "lot:L", "unit:U", start=0, end=3), 5),
        flow(Flow.STORED_AT, "unit:U", COLD, 1, start=1, end=4),
        sized(flow(Flow.CONSUMED_BY, "lot:L", "batch:1", 5), used, place),
        *(sized(flow(Flow.CONTAINED_IN, "lot:L", unit, start=0), 5) for unit in more),
        flow(Flow.STORED_AT, "lot:B", COLD, 6, start=6),
    ]
    found = seeds(ask([*genealogy(flows).facts], "place", COLD, 7, 8))
    assert found == {"lot:B", *(["lot:L"] if is_there else [])}


def test_a_clock_that_may_be_off_unpacks_earlier_or_later() -> None:
    drawn = genealogy(
        [
            flow(Flow.CONTAINED_IN, "lot:L", "unit:U", start=0, end=5),
            replace(flow(Flow.SHIPPED_IN, "unit:U", "shipment:1", 1), source=OTHER),
            replace(flow(Flow.DELIVERED_TO, "shipment:1", COLD, 2), source=OTHER),
            replace(flow(Flow.SHIPPED_IN, "unit:U", "shipment:2", 4), source=OTHER),
        ]
    )
    with pytest.raises(InvalidQuery):
        ask([*drawn.facts], "place", COLD, 7, 8)
    off = ((SOURCE.system, timedelta(days=1)),)
    assert seeds(ask([*drawn.facts], "place", COLD, 7, 8, clock_tolerance=off)) == {"lot:L"}


@pytest.mark.parametrize(
    ("more", "is_there"),
    [
        # The case had left by then.
        ([flow(Flow.SHIPPED_IN, "unit:case", "shipment:2", 5)], False),
        ([], True),
        # It had left another place before it was put on the pallet here.
        (
            [
                flow(Flow.SHIPPED_IN, "unit:case", "shipment:0", 3),
                flow(Flow.CONTAINED_IN, "unit:case", "unit:stays", 4, start=4),
                flow(Flow.STORED_AT, "unit:stays", COLD, 1, start=1, end=7),
            ],
            True,
        ),
    ],
)
def test_what_came_out_of_a_case_is_where_that_was(more: list[FlowFact], is_there: bool) -> None:
    inner = flow(Flow.CONTAINED_IN, "lot:last", "unit:case", start=0, end=6)
    drawn = genealogy([*UNPACKED.flows, inner, *more])
    assert ("lot:last" in seeds(ask([*drawn.facts], "place", COLD, 8, 9))) == is_there
