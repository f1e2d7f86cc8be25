"""``lotgraph fcl-score``, and FoodChain-Lab's files on the command line."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from cli.exits import Exit
from tests import small_company
from tests.cli.command import Command
from tests.loaders.fcl.a_chain import DELIVERIES, read, saved, whole


@pytest.fixture
def chain(tmp_path: Path) -> str:
    return str(saved(tmp_path, whole()))


def scores(out: str) -> dict[str, float]:
    rows = csv.DictReader(io.StringIO(out), delimiter="\t")
    return {row["id"]: float(row["score"]) for row in rows}


@pytest.mark.parametrize("tool", ["desktop", "web", "safe"])
def test_the_case_leads_back_to_all_that_went_into_it(
    lotgraph: Command, chain: str, tool: str
) -> None:
    ended = lotgraph("fcl-score", chain, "--weight", "S4=1", "--tool", tool)
    assert ended.code == Exit.OK
    found = scores(ended.out)
    assert [found[name] for name in ("S1", "S2", "S3", "S4", "D1", "D3", "D4")] == [1.0] * 7
    assert found["D2"] == 0.0


def test_tools_differ_on_weights(lotgraph: Command, chain: str) -> None:
    weights = ("--weight", "S4=1", "--weight", "D2=3")
    desktop = scores(lotgraph("fcl-score", chain, *weights).out)
    web = scores(lotgraph("fcl-score", chain, *weights, "--tool", "web").out)
    assert (desktop["S2"], web["S2"]) == (0.25, 0.5)


def test_weights_of_the_file_count_unless_others_are_given(
    lotgraph: Command, tmp_path: Path
) -> None:
    told = {"nodes": [{"id": "S3", "weight": 2}], "deliveries": []}
    file = str(saved(tmp_path, whole(tracing=told)))
    assert scores(lotgraph("fcl-score", file).out)["S3"] == 1.0
    assert scores(lotgraph("fcl-score", file, "--weight", "S4=1").out)["S4"] == 1.0


def test_without_weights_it_says_so(lotgraph: Command, chain: str) -> None:
    ended = lotgraph("fcl-score", chain)
    assert ended.code == Exit.OK
    assert "Nothing has a weight" in ended.err


def test_rows_that_cannot_be_used_are_told(lotgraph: Command, tmp_path: Path) -> None:
    bad = saved(tmp_path, whole(deliveries=[*DELIVERIES, {"ID": "D9", "from": "S1", "to": "S9"}]))
    ended = lotgraph("fcl-score", str(bad), "--weight", "S4=1")
    assert 'data.deliveries.data[4].to: there is no station "S9"' in ended.err


@pytest.mark.parametrize("weight", ["S4", "S4=much", "S4=1/0"])
def test_what_is_no_weight_is_refused(lotgraph: Command, chain: str, weight: str) -> None:
    ended = lotgraph("fcl-score", chain, "--weight", weight)
    assert ended.code == Exit.USAGE
    assert "is no weight" in ended.err


def test_marks_can_be_added_to_those_of_the_file(lotgraph: Command, chain: str) -> None:
    ill = ("fcl-score", chain, "--weight", "S3=1")
    assert scores(lotgraph(*ill).out)["S1"] == 1.0
    killed = scores(lotgraph(*ill, "--kill", "D1", "--kill", "D2").out)
    assert (killed["S1"], killed["S2"]) == (0.0, 1.0)
    crossed = ("fcl-score", chain, "--weight", "D4=1", "--no-temporal")
    assert scores(lotgraph(*crossed).out)["D2"] == 0.0
    assert scores(lotgraph(*crossed, "--cross", "S3").out)["D2"] == 1.0


def test_stations_can_be_taken_for_one(lotgraph: Command, chain: str) -> None:
    found = scores(lotgraph("fcl-score", chain, "--weight", "S4=1", "--merge", "ALL=S1,S2").out)
    assert found["ALL"] == 1.0
    assert "S1" not in found
    for wrong in ("ALL", "ALL=", "=S1"):
        assert lotgraph("fcl-score", chain, "--merge", wrong).code == Exit.USAGE
    assert lotgraph("fcl-score", chain, "--merge", "ALL=S99").code == Exit.NOT_FOUND


def test_what_the_view_hides_does_not_count_on_the_web(lotgraph: Command, tmp_path: Path) -> None:
    def web(view: object, groups: object = None) -> dict[str, float]:
        settings = {"view": view, "metaNodes": groups or []}
        file = str(saved(tmp_path, whole(settings=settings)))
        weights = ("--weight", "S4=1", "--weight", "S3=1")
        return scores(lotgraph("fcl-score", file, *weights, "--tool", "web").out)

    assert web(None)["S1"] == 1.0
    assert web({"edge": {"invisibleEdges": ["D3"]}, "node": None})["S2"] == 0.0
    assert web({"node": {"invisibleNodes": ["S2"]}})["S1"] == 0.5
    grouped = web({}, [{"id": "G", "members": ["S2", "S4"]}])
    assert (grouped["S2"], grouped["S1"], grouped["S4"]) == (0.0, 1.0, 0.0)


def test_an_unknown_element_and_an_unreadable_file_are_told(
    lotgraph: Command, chain: str, tmp_path: Path
) -> None:
    assert lotgraph("fcl-score", chain, "--weight", "S99=1").code == Exit.NOT_FOUND
    for mark in (("--weight", "S99=1"), ("--kill", "S99"), ("--merge", "ALL=S1,S99")):
        told = lotgraph("fcl-score", chain, *mark).err
        assert 'No station or delivery of the file "S99"' in told
        assert "[not_found]" in told
    ended = lotgraph("fcl-score", str(tmp_path / "none.json"))
    assert ended.code == Exit.FAILURE
    assert "none.json" in ended.err


@pytest.mark.parametrize(
    "odd",
    [
        {"tracing": {"nodes": [{"id": "S1", "weight": "much"}]}},
        {"tracing": {"deliveries": [{"weight": 1}]}},
        {"settings": {"metaNodes": [3]}},
        {"settings": {"view": {"node": 3}}},
    ],
)
def test_odd_marks_and_settings_are_told_as_such(
    lotgraph: Command, tmp_path: Path, odd: dict[str, object]
) -> None:
    ended = lotgraph("fcl-score", str(saved(tmp_path, whole(**odd))))
    assert ended.code == Exit.FAILURE
    assert "not in the form of FCL-Web" in ended.err


def test_documents_and_csv_hold_every_score(lotgraph: Command, chain: str) -> None:
    told = json.loads(lotgraph("fcl-score", chain, "--weight", "S4=1", "--json").out)
    assert told["method"] == {"tool": "desktop", "temporal": True, "dates": "explicit"}
    assert [one["kind"] for one in told["scores"]].count("station") == 4
    [best] = {one["max_lot"] for one in told["scores"] if one["id"] == "S2"}
    assert best == 1.0
    ended = lotgraph("fcl-score", chain, "--weight", "S4=1", "--csv")
    rows = list(csv.DictReader(io.StringIO(ended.out.removeprefix("\ufeff"))))
    assert len(rows) == len(told["scores"])


def test_a_loop_is_refused_with_the_way_out(lotgraph: Command, tmp_path: Path) -> None:
    deliveries = [{"ID": "a", "from": "S1", "to": "S2"}, {"ID": "b", "from": "S2", "to": "S1"}]
    relations = [{"from": "a", "to": "b"}, {"from": "b", "to": "a"}]
    file = str(saved(tmp_path, whole(deliveries=deliveries, relations=relations)))
    ended = lotgraph("fcl-score", file, "--weight", "S1=1")
    assert (ended.code, ended.out) == (Exit.USAGE, "")
    assert "safe with loops" in ended.err
    assert lotgraph("fcl-score", file, "--weight", "S1=1", "--tool", "safe").code == Exit.OK


def test_a_trace_is_written_as_fcl_web_json(lotgraph: Command, tmp_path: Path) -> None:
    file = tmp_path / "to-the-authority.json"
    ended = lotgraph(
        "trace", "forward", "party:SUP-017", "-f", "fcl", "-o", str(file), "--allow-partial"
    )
    assert ended.code == Exit.OK
    assert {"party:SUP-017", "party:C-017"} <= read(file).stations.keys()
    assert read(file).rejects == []
    assert "S1" not in lotgraph("fcl-score", str(file), "--weight", "party:C-017=1").err


def test_such_a_file_is_loaded_by_what_it_holds(lotgraph: Command, chain: str) -> None:
    company = small_company.Company(())
    ended = lotgraph("load", chain, opener=lambda: small_company.engine(company))
    assert ended.code == Exit.OK
    assert ended.out.splitlines()[1].split("\t")[:5] == ["chain.json", "10", "10", "0", "0"]
    assert any(fact.source.system == "fcl" for fact in company.written)
