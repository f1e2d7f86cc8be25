"""Questions and data that are hard: a clear message or the whole answer on the command line."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from cli.exits import Exit
from genealogy.bootstrap import Lotgraph
from tests.bad_input import DRAWS, LEVELS, deep, drawn_often, lot, many_lots, odd
from tests.cli.command import Command
from tests.small_company import GOODS, SUPPLIER, Company, engine

EARLIER, LATER = "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"


def asked(lotgraph: Command, company: Company, *words: str) -> dict[str, Any]:
    def opener(*_: object) -> Lotgraph:
        return engine(company)

    ended = lotgraph("trace", *words, "-f", "json", "--allow-partial", opener=opener)
    assert (ended.code, "Traceback" in ended.err) == (Exit.OK, False)
    told: dict[str, Any] = json.loads(ended.out)
    return told


def ids(told: dict[str, Any]) -> set[str]:
    return {node["id"] for node in told["nodes"]}


def test_thousands_of_seeds_come_from_standard_input(
    lotgraph: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = 20_000
    lines = "".join(f"{lot(i)}\n" for i in range(many))
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    found = asked(lotgraph, many_lots(many), "forward", "-")
    assert len(ids(found)) == many + 10
    assert len(found["query"]["seeds"]) == many


def test_one_unknown_name_among_many_is_told(
    lotgraph: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{GOODS}\nnone-of-these\n"))
    ended = lotgraph("trace", "forward", "-")
    assert (ended.code, ended.out) == (Exit.NOT_FOUND, "")
    assert "none-of-these" in ended.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--place", "nowhere"), "not_found"),
        (("--event", "Q-none"), "not_found"),
        (("--product", SUPPLIER), "wrong_window"),
        (("--supplier", SUPPLIER, "--from", "1999", "--to", "2000"), "cli.time"),
        (("--supplier", SUPPLIER, "--to", "1999-01-01T00:00:00Z"), "nothing_in_window"),
        (
            (
                "--supplier",
                SUPPLIER,
                "--from",
                "2026-03-01T00:00:00Z",
                "--to",
                "2026-02-01T00:00:00Z",
            ),
            "window_ends_first",
        ),
    ],
)
def test_a_window_that_cannot_be_is_refused(
    lotgraph: Command, words: tuple[str, ...], code: str
) -> None:
    ended = lotgraph("trace", "forward", *words)
    assert ended.code in (Exit.USAGE, Exit.NOT_FOUND)
    assert ended.out == ""
    assert f"[{code}]" in ended.err or code == "cli.time"
    assert "Traceback" not in ended.err


def test_times_that_contradict_each_other_are_not_followed_and_told(lotgraph: Command) -> None:
    found = asked(lotgraph, odd(), "forward", lot(1))
    assert ids(found) == {lot(1), "batch:1", "unit:T", "shipment:1"}
    gaps = {(gap["node"], gap["kind"]) for gap in found["completeness"]["gaps"]}
    assert ("batch:1", "batch_without_output") in gaps
    assert lot(2) in ids(asked(lotgraph, odd(), "forward", lot(1), "--mode", "conservative"))


def test_a_lot_that_becomes_itself_is_reached_once(lotgraph: Command) -> None:
    found = asked(lotgraph, odd(), "both", lot(1))
    assert [node["id"] for node in found["nodes"]].count(lot(1)) == 1
    assert lot(1) in {e["source"] for e in found["edges"] if e["source"] == e["target"]}


def test_a_vessel_with_thousands_of_draws_is_told_whole(lotgraph: Command) -> None:
    found = asked(lotgraph, drawn_often(), "forward", lot(8))
    assert len(ids(found)) == DRAWS + 2
    assert ids(asked(lotgraph, drawn_often(), "forward", lot(1))) == {lot(1), "place:tank"}


def test_a_chain_of_thousands_of_levels_is_told_to_its_end(lotgraph: Command) -> None:
    found = asked(lotgraph, deep(), "forward", "lot:000000")
    assert found["nodes"][-1]["distance"] == LEVELS


def test_units_and_loops_that_cannot_be_are_rejected_one_by_one(
    lotgraph: Command, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    lines = ["A,lot:S:P:1,10,KGM", "A,lot:S:P:2,10,stone", "A,lot:S:P:3,ten,KGM"]
    text = "\n".join(["batch_id,input_id,quantity,uom", *lines])
    (tmp_path / "in" / "consumption.csv").write_text(text, encoding="utf-8")
    relabels = "from_lot_id,to_lot_id\nS:P:1,S:P:1\nS:P:1,S:P:4\n"
    (tmp_path / "in" / "relabels.csv").write_text(relabels, encoding="utf-8")
    rejects = tmp_path / "rejects.csv"
    ended = lotgraph("load", str(tmp_path / "in"), "--rejects", str(rejects))
    assert ended.code == Exit.DATA_QUALITY
    told = rejects.read_text("utf-8-sig").splitlines()[1:]
    assert len(told) == 3
    assert all(any(code in row for row in told) for code in ("unknown_unit", "wrong_ends"))


def test_an_unknown_window_is_called_what_it_was_asked_for_as(lotgraph: Command) -> None:
    ended = lotgraph("trace", "forward", "--place", "NOPE")
    assert ended.code == Exit.NOT_FOUND
    assert 'No place "NOPE"' in ended.err
    assert "场所“NOPE”" in lotgraph("--lang", "zh", "trace", "forward", "--place", "NOPE").err


def test_a_time_that_utc_cannot_tell_is_out_of_range(lotgraph: Command) -> None:
    ended = lotgraph("trace", "forward", SUPPLIER, "--as-of", "0001-01-01T00:00:00+14:00")
    assert ended.code == Exit.USAGE
    assert "out of range" in ended.err
