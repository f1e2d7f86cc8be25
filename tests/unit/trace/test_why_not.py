"""What keeps a node out of a trace, in shapes worked out by hand."""

from __future__ import annotations

from dataclasses import replace

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.trace.obstacles import Obstacle, ObstacleKind, WhyNot
from genealogy.trace.result import GapKind, Mode, TraceQuery
from genealogy.trace.why_not import why_not
from tests.fakes import MemoryFlows, edge_id
from tests.genealogies import Genealogy, cleaned, day, flow, genealogy
from tests.unit.trace.test_still import still

USED, MADE, IN, NAMED = Flow.CONSUMED_BY, Flow.PRODUCED, Flow.CONTAINED_IN, Flow.RELABELLED_AS


def answer(drawn: Genealogy, node: str, seed: str, **asked: object) -> WhyNot:
    source = MemoryFlows(drawn.facts)
    direction = asked.pop("direction", "forward")
    query = TraceQuery((NodeId(seed),), direction, **asked)  # type: ignore[arg-type]
    return why_not(source, source, query, NodeId(node))


def kinds(found: WhyNot) -> list[str]:
    return [obstacle.kind.value for obstacle in found.obstacles]


LATE = [flow(USED, "lot:A", "batch:1", 5), flow(MADE, "batch:1", "lot:B", 3)]


def test_material_that_came_after_the_rest_had_left_names_both_movements_and_moments() -> None:
    found = answer(genealogy(LATE), "lot:B", "lot:A")
    [obstacle] = found.obstacles
    assert (obstacle.kind, obstacle.node_id) == (ObstacleKind.TIME, "batch:1")
    assert obstacle.at == day(5)
    assert obstacle.came is not None
    assert obstacle.left is not None
    assert found.edges.edge_id[obstacle.came] == edge_id(LATE[0])
    assert found.edges.edge_id[obstacle.left] == edge_id(LATE[1])
    assert [hop.after for hop in found.path] == ["batch:1", "lot:B"]


def test_backward_it_is_told_in_the_order_of_the_material_too() -> None:
    found = answer(genealogy(LATE), "lot:A", "lot:B", direction="backward")
    [obstacle] = found.obstacles
    assert found.edges.edge_id[obstacle.came or 0] == edge_id(LATE[0])
    assert found.edges.edge_id[obstacle.left or 0] == edge_id(LATE[1])
    assert obstacle.at == day(3)


def test_a_container_left_before_it_moved_on_is_an_interval() -> None:
    drawn = genealogy(
        [
            flow(IN, "lot:A", "unit:T", start=1, end=2),
            flow(Flow.SHIPPED_IN, "unit:T", "shipment:1", 4),
        ]
    )
    found = answer(drawn, "shipment:1", "lot:A")
    assert kinds(found) == ["interval"]
    assert found.obstacles[0].node_id == "unit:T"
    assert kinds(answer(drawn, "shipment:1", "lot:A", mode=Mode.CONSERVATIVE)) == ["interval"]


def test_two_obstacles_on_one_path_are_both_named() -> None:
    drawn = genealogy(
        [
            flow(NAMED, "lot:A", "lot:B", 5),
            flow(NAMED, "lot:B", "lot:C", 3),
            flow(NAMED, "lot:C", "lot:D", 1),
        ]
    )
    assert [o.node_id for o in answer(drawn, "lot:D", "lot:A").obstacles] == ["lot:B", "lot:C"]


LINE = genealogy(
    [
        flow(NAMED, "lot:A", "lot:B", 1),
        flow(NAMED, "lot:B", "lot:C", 2),
        flow(NAMED, "lot:C", "lot:D", 3),
    ]
)


def test_limits_of_the_question_are_named_only_where_they_matter() -> None:
    stops = (NodeId("lot:B"), NodeId("lot:D"))
    assert answer(LINE, "lot:D", "lot:A", stops=stops).obstacles == (
        Obstacle(ObstacleKind.STOP, NodeId("lot:B")),
    )
    deep = answer(LINE, "lot:D", "lot:A", max_depth=2)
    assert deep.obstacles == (Obstacle(ObstacleKind.MAX_DEPTH, steps=3),)
    early = answer(LINE, "lot:D", "lot:A", as_of=day(2))
    assert early.obstacles == (Obstacle(ObstacleKind.AS_OF, at=day(3)),)


def test_what_was_recorded_later_or_withdrawn_is_named_with_the_moment() -> None:
    flows = [replace(f, recorded_at=day(4)) for f in LINE.flows]
    drawn = genealogy(flows)
    source = [replace(flows[0], recorded_at=day(0)), *flows[1:]]
    found = answer(genealogy(source), "lot:D", "lot:A", known_at=day(1))
    assert found.obstacles == (Obstacle(ObstacleKind.NOT_RECORDED, at=day(4)),)
    gone = genealogy([*drawn.flows[:2], replace(drawn.flows[2], retracted_at=day(5))])
    found = answer(gone, "lot:D", "lot:A")
    [obstacle] = found.obstacles
    assert (obstacle.kind, obstacle.at) == (ObstacleKind.WITHDRAWN, day(5))
    assert found.edges.edge_id[obstacle.left or 0] == edge_id(drawn.flows[2])


def test_a_node_that_is_reached_has_nothing_in_its_way() -> None:
    found = answer(LINE, "lot:D", "lot:A")
    assert found.reached
    assert len(found.path) == 3
    assert answer(LINE, "lot:A", "lot:A").reached


def test_both_ways_the_one_with_least_in_the_way_is_told() -> None:
    assert answer(LINE, "lot:A", "lot:D", direction="both").direction == "backward"
    assert answer(LINE, "lot:A", "lot:D", direction="both").reached


def test_a_missing_link_tells_how_far_the_records_lead_from_both_sides() -> None:
    drawn = genealogy(
        [
            flow(NAMED, "lot:A", "lot:B", 1),
            flow(USED, "lot:B", "batch:1", 2),
            flow(USED, "lot:X", "batch:2", 2),
            flow(MADE, "batch:2", "lot:Z", 3),
        ]
    )
    missing = answer(drawn, "lot:Z", "lot:A").missing
    assert missing is not None
    assert [(e.node_id, e.distance, e.gaps) for e in missing.seed.ends] == [
        ("batch:1", 2, (GapKind.BATCH_WITHOUT_OUTPUT,))
    ]
    assert [(e.node_id, e.distance, e.gaps) for e in missing.node.ends] == [
        ("lot:X", 2, (GapKind.LOT_WITHOUT_ORIGIN,))
    ]
    assert (missing.seed.nodes, missing.node.direction) == (3, "backward")


def test_a_customer_is_no_way_on_to_what_it_sent_back() -> None:
    drawn = genealogy(
        [
            flow(Flow.SHIPPED_IN, "lot:A", "shipment:1", 1),
            flow(Flow.DELIVERED_TO, "shipment:1", "party:C", 2),
            flow(Flow.SUPPLIED, "party:C", "lot:Z", 3),
        ]
    )
    assert answer(drawn, "lot:Z", "lot:A").missing is not None


def test_a_vessel_cleaned_between_load_and_draw_is_named_with_both() -> None:
    flows = [
        flow(Flow.LOADED_INTO, "lot:A", "place:T", 1),
        flow(Flow.DRAWN_FROM, "place:T", "lot:B", 5),
    ]
    found = answer(cleaned(genealogy(flows), "place:T", 3), "lot:B", "lot:A")
    [obstacle] = found.obstacles
    assert (obstacle.kind, obstacle.node_id) == (ObstacleKind.VESSEL, "place:T")
    assert found.edges.edge_id[obstacle.came or 0] == edge_id(flows[0])
    assert found.edges.edge_id[obstacle.left or 0] == edge_id(flows[1])
    assert answer(genealogy(flows), "lot:B", "lot:A").reached


def test_material_that_passes_nothing_on_is_named_as_what_ends_the_trace() -> None:
    drawn = still(
        genealogy(
            [
                flow(MADE, "batch:well", "lot:water", 0),
                flow(USED, "lot:water", "batch:1", 1),
                flow(MADE, "batch:1", "lot:cap", 2),
            ]
        ),
        "lot:water",
    )
    found = answer(drawn, "lot:cap", "batch:well")
    assert [(o.kind, o.node_id) for o in found.obstacles] == [
        (ObstacleKind.NON_PROPAGATING, "lot:water")
    ]
