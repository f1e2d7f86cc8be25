"""Parts taken out of their hosts, and serials of a lot."""

from __future__ import annotations

import pytest

from genealogy.exports.records import node_records
from genealogy.model.names import Flow
from genealogy.model.times import to_micros
from genealogy.trace.hosts import exposed_hosts
from genealogy.trace.result import Mode
from tests.genealogies import Genealogy, day, flow, genealogy
from tests.unit.trace.following import follow, reached


def repaired(removed: int | None, came: int = 0) -> Genealogy:
    return genealogy(
        [
            flow(Flow.SERIALISED_AS, "lot:board", "item:board", came),
            flow(Flow.PART_OF, "item:board", "item:pump", 2, start=2, end=removed),
            flow(Flow.SHIPPED_IN, "item:pump", "shipment:1", 6),
        ]
    )


@pytest.mark.parametrize(("came", "since"), [(0, 2), (3, 3)])
def test_a_host_tells_from_when_until_when_a_part_exposed_it(came: int, since: int) -> None:
    answer = follow(repaired(4, came), "lot:board")
    moments = (to_micros(day(since)), to_micros(day(4)))  # type: ignore[arg-type]
    assert exposed_hosts(answer) == {"item:pump": [("item:board", *moments)]}
    assert "shipment:1" in set(answer.node_ids())
    [pump] = [node for node in node_records(answer) if node["id"] == "item:pump"]
    told = f"2026-01-0{since + 1}T00:00:00Z"
    expected = {"part": "item:board", "since": told, "until": "2026-01-05T00:00:00Z"}
    assert pump["exposed"] == [expected]


def test_a_part_that_is_still_in_needs_no_interval() -> None:
    answer = follow(repaired(None), "lot:board")
    assert exposed_hosts(answer) == {}
    assert all("exposed" not in node for node in node_records(answer))


def test_backward_and_by_parts_that_were_not_reached_no_host_is_exposed() -> None:
    assert exposed_hosts(follow(repaired(4), "shipment:1", way="backward")) == {}
    assert exposed_hosts(follow(repaired(4), "item:pump")) == {}


SERIALS = genealogy(
    [
        flow(Flow.SUPPLIED, "party:S", "lot:raw", 0),
        flow(Flow.CONSUMED_BY, "lot:raw", "batch:1", 1),
        flow(Flow.PRODUCED, "batch:1", "lot:pumps", 2),
        flow(Flow.SERIALISED_AS, "lot:pumps", "item:1", 3),
        flow(Flow.SERIALISED_AS, "lot:pumps", "item:2", 3),
        flow(Flow.PART_OF, "item:board", "item:1", 3, start=3),
        flow(Flow.SHIPPED_IN, "item:1", "shipment:1", 4),
    ]
)


@pytest.mark.parametrize("mode", list(Mode))
def test_one_faulty_serial_does_not_condemn_its_lot(mode: Mode) -> None:
    assert reached(SERIALS, "item:1", mode=mode) == {"shipment:1"}
    assert reached(SERIALS, "item:board", mode=mode) == {"item:1", "shipment:1"}
    assert "item:2" not in reached(SERIALS, "shipment:1", mode=mode, way="backward")


@pytest.mark.parametrize("mode", list(Mode))
def test_a_cause_upstream_of_the_lot_reaches_all_of_its_serials(mode: Mode) -> None:
    behind = reached(SERIALS, "item:1", mode=mode, way="backward")
    assert behind == {"lot:pumps", "batch:1", "lot:raw", "party:S", "item:board"}
    for cause in ("lot:pumps", "batch:1", "lot:raw"):
        assert {"item:1", "item:2"} <= reached(SERIALS, cause, mode=mode)
