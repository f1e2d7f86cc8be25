"""The desktop program's scores: its published facts, and its regression data set."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genealogy.errors import InvalidInput
from genealogy.impact.foodchain.desktop import desktop_scores, is_before, tracing
from genealogy.impact.foodchain.network import Delivery, Network, PartialDate, Station
from genealogy.impact.foodchain.safe import safe_scores
from tests.unit.impact.foodchain.networks import networks, published

THIRD = pytest.approx(1 / 3)
REGRESSION = "b_fcl/SiLeBAT__BfROpenLab/Tracing_Test_without_Temporal_Order"


def test_weights_of_markets_give_the_published_scores_of_stations() -> None:
    found = desktop_scores(published(weights={"market2": 1, "market3": 2})).stations
    expected = {
        "farm1": 1 / 3, "farm2": 1 / 3, "farm3": 1, "producer1": 1 / 3, "producer2": 1,
        "trader1": 1, "market1": 0, "market2": 1 / 3, "market3": 2 / 3,
    }  # fmt: skip
    assert {s: score.score for s, score in found.items()} == pytest.approx(expected)


def test_weights_of_deliveries_give_the_published_scores_of_deliveries() -> None:
    found = desktop_scores(published(weights={"T1M2_2": 1, "T1M3_1": 2})).deliveries
    expected = {"F1P1_1": 0, "F1P1_2": 0, "F2P1_1": 0, "F2P2_1": 1 / 3, "F3P2_1": 1}
    assert {d: found[d].score for d in expected} == pytest.approx(expected)


def test_cross_contamination_in_a_station_respects_dates_if_asked() -> None:
    network = published(cross=["producer1"])
    by_date, free = tracing(network), tracing(network, temporal=False)
    assert "P1T1_2" in by_date.ahead("F1P1_1")
    assert "P1T1_1" not in by_date.ahead("F1P1_2")
    assert "P1T1_1" in free.ahead("F1P1_2")


def test_cross_contamination_of_deliveries_respects_dates_if_asked() -> None:
    network = published(cross=["P1T1_1", "P2T1_2"])
    by_date, free = tracing(network), tracing(network, temporal=False)
    assert "T1M3_1" in by_date.ahead("P1T1_1")
    assert "T1M1_1" not in by_date.ahead("P2T1_2")
    assert "T1M1_1" in free.ahead("P2T1_2")


def test_a_killed_station_passes_nothing_on() -> None:
    found = tracing(published(kill=["producer2"]))
    assert [found.ahead(d) for d in ("F2P2_1", "F3P2_1")] == [set(), set()]
    assert [found.behind(d) for d in ("P2T1_1", "P2T1_2")] == [set(), set()]
    assert found.outgoing["producer2"] == set()
    assert found.incoming["producer2"] == {"F2P2_1", "F3P2_1"}
    assert found.stations_behind("P2T1_1") == set()


def test_a_killed_delivery_is_sent_and_does_not_arrive() -> None:
    found = tracing(published(kill=["P2T1_2"]))
    assert found.ahead("P2T1_2") == set()
    assert found.behind("P2T1_2") == {"F3P2_1"}
    assert "P2T1_2" in found.outgoing["producer2"]
    assert "P2T1_2" not in found.incoming["trader1"]
    assert found.stations_ahead("P2T1_2") == set()


def test_merged_farms_reach_what_either_did() -> None:
    network = published().merged(["farm1", "farm2"], "farms")
    found = tracing(network)
    ahead = set().union(*(found.stations_ahead(d) for d in found.outgoing["farms"]))
    assert ahead == {"producer1", "producer2", "trader1", "market1", "market2"}


def test_merged_stations_have_the_weight_of_all() -> None:
    network = published(weights={"farm1": 1, "farm2": 2}).merged(["farm1", "farm2"], "farms")
    assert network.stations["farms"].weight == 3
    assert network.stations.keys().isdisjoint({"farm1", "farm2"})


def date(*parts: int) -> PartialDate:
    return PartialDate(*parts)


@pytest.mark.parametrize(
    ("arrival", "departure", "may"),
    [
        (date(2016, 1, 3), date(2016, 1, 3), True),
        (date(2016, 1, 3), date(2016, 1, 2), False),
        (date(2016, 2), date(2016, 1), False),
        (date(2016, 1), date(2016, 1, 1), True),
        (date(2016), date(2015, 12, 31), False),
        (date(2016, 2), date(2016), True),
        (date(), date(2016), True),
    ],
)
def test_dates_are_compared_as_far_as_both_are_known(
    arrival: PartialDate, departure: PartialDate, may: bool
) -> None:
    assert is_before(arrival, departure) is may


def test_negative_weights_count_against() -> None:
    found = desktop_scores(published(weights={"market2": 1, "market3": -2})).stations
    assert found["trader1"].score == pytest.approx(-1 / 2)
    assert (found["trader1"].positive, found["trader1"].negative) == (1.0, 1.0)
    assert found["farm1"].score == pytest.approx(1 / 2)
    assert found["market3"].normalized == -1.0


def test_a_lot_leaves_its_own_weight_out_and_its_station_has_the_best_one() -> None:
    plain = published(weights={"market2": 1, "market3": 2, "P2T1_1": 5})
    lots = {"P2T1_1": "soup", "P2T1_2": "soup", "P1T1_1": "milk"}
    deliveries = {
        d.id: Delivery(d.id, d.source, d.target, lots.get(d.id), d.departure, d.arrival, d.weight)
        for d in plain.deliveries.values()
    }
    found = desktop_scores(Network(plain.stations, deliveries, plain.relations))
    assert found.lots == {"soup": 3 / 8, "milk": 0.0}
    assert found.max_lot == {"producer2": 3 / 8, "producer1": 0.0}


def test_a_loop_of_deliveries_is_refused_as_the_program_does() -> None:
    network = Network(
        {s: Station(s) for s in "AB"},
        {"d1": Delivery("d1", "A", "B"), "d2": Delivery("d2", "B", "A")},
        frozenset({("d1", "d2"), ("d2", "d1")}),
    )
    with pytest.raises(InvalidInput) as error:
        desktop_scores(network)
    assert error.value.error_code == "fcl_loop"
    assert "d1" in str(error.value)


def test_a_station_on_a_loop_counts_itself_twice_there_and_once_in_the_safe_form() -> None:
    stations = {"A": Station("A", Fraction(1), True), "B": Station("B", Fraction(), True)}
    deliveries = {"ab": Delivery("ab", "A", "B"), "ba": Delivery("ba", "B", "A")}
    network = Network(stations, deliveries)
    assert desktop_scores(network).stations["A"].score == 2.0
    assert safe_scores(network).stations["A"].score == 1.0


@given(networks(loops=False), st.booleans())
def test_without_loops_the_safe_form_gives_the_same_figures(
    network: Network, temporal: bool
) -> None:
    theirs, ours = (f(network, temporal=temporal) for f in (desktop_scores, safe_scores))
    for mine, their in ((ours.stations, theirs.stations), (ours.deliveries, theirs.deliveries)):
        assert mine.keys() == their.keys()
        for name, score in mine.items():
            assert score == their[name], name


@given(networks(), st.booleans())
def test_with_loops_the_safe_form_counts_every_weight_at_most_once(
    network: Network, temporal: bool
) -> None:
    found = safe_scores(network, temporal=temporal)
    for score in (*found.stations.values(), *found.deliveries.values()):
        assert -1 <= score.score <= 1
        assert 0 <= score.positive <= 1
        assert 0 <= score.negative <= 1


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def regression(real_data: Path) -> tuple[Path, Network]:
    """The regression flow of the program's authors, with its settings."""
    folder = real_data / REGRESSION
    told = json.loads((folder / "tracing_settings.json").read_text("utf-8"))
    weights, cross = told["CaseWeights"], told["CrossContaminations"]
    stations = {
        row["ID"]: Station(row["ID"], Fraction(weights.get(row["ID"], "0")), row["ID"] in cross)
        for row in rows(folder, "stations")
    }
    sent = told["EdgeWeights"]
    deliveries = {
        row["ID"]: Delivery(
            row["ID"], row["from"], row["to"], weight=Fraction(sent.get(row["ID"], "0"))
        )
        for row in rows(folder, "deliveries")
    }
    pairs = frozenset((row["ID"], row["Next"]) for row in rows(folder, "relations"))
    return folder, Network(stations, deliveries, pairs)


@pytest.mark.data
@pytest.mark.parametrize("kind", ["stations", "deliveries"])
def test_every_score_of_the_regression_flow_is_matched(
    regression: tuple[Path, Network], kind: str
) -> None:
    folder, network = regression
    found = getattr(desktop_scores(network, temporal=False), kind)
    expected = rows(folder, f"expected_{kind}")
    assert len(expected) == {"stations": 381, "deliveries": 648}[kind]
    for row in expected:
        score = found[row["ID"]]
        figures = (score.score, score.positive, score.negative, score.normalized)
        names = ("Score", "Positive Score", "Negative Score", "Normalized Score")
        assert figures == pytest.approx(tuple(float(row[name]) for name in names)), row["ID"]


@pytest.mark.data
def test_the_safe_form_gives_the_scores_of_the_regression_flow_too(
    regression: tuple[Path, Network],
) -> None:
    _, network = regression
    theirs = desktop_scores(network, temporal=False)
    ours = safe_scores(network, temporal=False)
    assert ours.stations == theirs.stations
    assert ours.deliveries == theirs.deliveries
