"""FCL-Web's scores: the facts of its end-to-end test, its dates, and its differences."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import networkx as nx
import pytest
from hypothesis import given

from genealogy.impact.foodchain.desktop import desktop_scores
from genealogy.impact.foodchain.network import Delivery, Network, PartialDate, Station
from genealogy.impact.foodchain.web import Dates, Hidden, common_links, web_scores
from tests.unit.impact.foodchain.networks import networks, published


def one_delivery(*outbreaks: str, kill: str = "") -> Network:
    stations = {
        name: Station(name, Fraction(name in outbreaks), kill=name == kill)
        for name in ("Source", "Target", "Sx")
    }
    return Network(stations, {"D": Delivery("D", "Source", "Target", kill=kill == "D")})


def scores(network: Network, **more: object) -> tuple[float, ...]:
    found = web_scores(network, **more)  # type: ignore[arg-type]
    stations = (found.stations[s].score for s in ("Source", "Target", "Sx"))
    return (*stations, found.deliveries["D"].score)


@pytest.mark.parametrize(
    ("outbreaks", "expected"),
    [
        (("Target",), (1.0, 1.0, 0.0, 1.0)),
        (("Source", "Target"), (1.0, 0.5, 0.0, 0.5)),
        (("Source",), (1.0, 0.0, 0.0, 0.0)),
        ((), (0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_one_delivery_scores_as_its_snapshots_show(
    outbreaks: tuple[str, ...], expected: tuple[float, ...]
) -> None:
    assert scores(one_delivery(*outbreaks)) == expected


def test_a_common_link_is_what_every_way_back_leads_over() -> None:
    assert common_links(web_scores(one_delivery("Target"))) == ["Source", "Target"]
    assert common_links(web_scores(one_delivery("Source", "Target"))) == ["Source"]
    assert common_links(web_scores(one_delivery())) == []


def test_kills_stop_the_way_back() -> None:
    assert scores(one_delivery("Target", kill="D")) == (0.0, 1.0, 0.0, 0.0)
    assert scores(one_delivery("Target", kill="Source")) == (0.0, 1.0, 0.0, 1.0)


def test_what_is_not_seen_does_not_count() -> None:
    hidden = Hidden(stations=frozenset({"Target"}))
    assert scores(one_delivery("Source", "Target"), hidden=hidden) == (1.0, 0.0, 0.0, 0.0)
    gone = Hidden(deliveries=frozenset({"D"}))
    assert scores(one_delivery("Target"), hidden=gone) == (0.0, 1.0, 0.0, 0.0)


def test_a_way_back_goes_on_over_a_station_in_a_group() -> None:
    network = published(weights={"market1": 1})
    hidden = Hidden(stations=frozenset({"trader1"}))
    found = web_scores(network, hidden=hidden).stations
    assert (found["trader1"].score, found["producer1"].score) == (0.0, 1.0)


def test_the_size_of_a_weight_and_negative_ones_make_no_difference() -> None:
    small, large = (web_scores(published(weights={"market2": w, "market3": 1})) for w in (1, 9))
    assert small == large
    assert web_scores(published(weights={"market2": 1, "market3": -1})) == web_scores(
        published(weights={"market2": 1})
    )


def test_a_file_of_the_desktop_program_scores_otherwise() -> None:
    network = published(weights={"market2": 1, "market3": 2})
    assert desktop_scores(network).stations["farm1"].score == pytest.approx(1 / 3)
    assert web_scores(network).stations["farm1"].score == 0.5


def test_deliveries_do_not_contaminate_each_other_there() -> None:
    network = published(weights={"T1M1_1": 1}, cross=["P1T1_1", "P2T1_2"])
    assert desktop_scores(network, temporal=False).deliveries["P2T1_2"].score == 1.0
    assert web_scores(network, dates=Dates.NONE).deliveries["P2T1_2"].score == 0.0


def day(number: int | None) -> PartialDate:
    return PartialDate(2020, 6, number) if number else PartialDate()


def mixed(came: PartialDate, left: PartialDate, **more: PartialDate) -> Network:
    """A dairy where milk came in and cheese left; the milk itself came from a collector."""
    stations = {s: Station(s, Fraction(s == "shop"), s == "dairy")
                for s in ("farm", "collector", "dairy", "shop")}  # fmt: skip
    deliveries = (
        Delivery("raw", "farm", "collector", departure=more.get("raw", PartialDate())),
        Delivery("milk", "collector", "dairy", arrival=came),
        Delivery("cheese", "dairy", "shop", departure=left),
    )
    return Network(stations, {d.id: d for d in deliveries}, frozenset({("raw", "milk")}))


@pytest.mark.parametrize(
    ("came", "left", "dates", "score"),
    [
        (3, 3, Dates.EXPLICIT, 1.0),
        (4, 3, Dates.EXPLICIT, 0.0),
        (4, 3, Dates.NONE, 1.0),
        (4, 3, Dates.INFERRED, 0.0),
        (None, 3, Dates.EXPLICIT, 1.0),
        (4, None, Dates.EXPLICIT, 1.0),
    ],
)
def test_dates_decide_on_cross_contamination(
    came: int | None, left: int | None, dates: Dates, score: float
) -> None:
    found = web_scores(mixed(day(came), day(left)), dates=dates)
    assert found.stations["collector"].score == score


def test_a_date_known_in_part_counts_for_none_unlike_in_the_desktop_program() -> None:
    network = mixed(PartialDate(2020, 7), PartialDate(2020, 6, 3))
    assert web_scores(network).stations["collector"].score == 1.0
    assert desktop_scores(network).stations["collector"].score == 0.0


def test_inferred_dates_follow_from_the_relations_told() -> None:
    late = mixed(day(None), day(3), raw=day(5))
    assert web_scores(late).stations["collector"].score == 1.0
    assert web_scores(late, dates=Dates.INFERRED).stations["collector"].score == 0.0


def test_a_date_that_contradicts_the_others_is_taken_for_unknown() -> None:
    wrong = mixed(day(2), day(9), raw=day(5))
    assert web_scores(wrong, dates=Dates.INFERRED).stations["collector"].score == 1.0


@given(networks())
def test_without_kills_and_dates_a_score_is_what_networkx_reaches(network: Network) -> None:
    network = replace(
        network,
        stations={s: replace(v, kill=False) for s, v in network.stations.items()},
        deliveries={d: replace(v, kill=False) for d, v in network.deliveries.items()},
    )
    graph = nx.DiGraph()
    graph.add_nodes_from([("s", s) for s in network.stations])
    for d in network.deliveries.values():
        graph.add_edge(("d", d.id), ("s", d.target))
        graph.add_edge(("from", d.source), ("d", d.id))
        for other in network.deliveries.values():
            crossed = network.stations[d.target].cross_contamination and d.target == other.source
            if d.id != other.id and (crossed or (d.id, other.id) in network.relations):
                graph.add_edge(("d", d.id), ("d", other.id))
    for before, after in network.relations:
        graph.add_edge(("d", before), ("d", after))
    ill = [("s", s) for s, v in network.stations.items() if v.weight > 0]
    ill += [("d", d) for d, v in network.deliveries.items() if v.weight > 0]
    cones = [nx.ancestors(graph, one) | {one} for one in ill]
    found = web_scores(network, dates=Dates.NONE)
    for s in network.stations:
        share = sum(("s", s) in cone or ("from", s) in cone for cone in cones) / (len(cones) or 1)
        assert found.stations[s].score == share
    for name in network.deliveries:
        share = sum(("d", name) in cone for cone in cones) / (len(cones) or 1)
        assert found.deliveries[name].score == share
