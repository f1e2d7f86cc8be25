"""``lotgraph find``, ``show``, ``config`` and ``db``."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from cli.exits import Exit
from tests.cli.command import Command
from tests.small_company import GOODS, GOODS_URN, HUASHAN, RAW, TWIN


def test_find_lists_every_candidate(lotgraph: Command) -> None:
    ended = lotgraph("find", "24A0871", "--json")
    assert [c["id"] for c in json.loads(ended.out)] == [RAW, TWIN]


def test_find_takes_chinese(lotgraph: Command) -> None:
    assert HUASHAN in lotgraph("find", "华山").out


def test_find_of_nothing_is_not_found(lotgraph: Command) -> None:
    ended = lotgraph("find", "zzz")
    assert (ended.code, len(ended.out.splitlines())) == (Exit.NOT_FOUND, 1)


def test_a_limit_beyond_reason_is_a_usage_error(lotgraph: Command) -> None:
    ended = lotgraph("find", "24A0871", "--limit", "9" * 21)
    assert (ended.code, "--limit" in ended.err) == (Exit.USAGE, True)


def test_find_reads_standard_input_when_asked(
    lotgraph: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\ufeffFG1183\tmore\n\n  T2201 \n"))
    found = json.loads(lotgraph("find", "-", "--json").out)
    assert [c["text"] for c in found] == ["FG1183", "T2201"]


def test_no_name_at_all_is_a_usage_error(
    lotgraph: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert lotgraph("find", "-").code == Exit.USAGE


def test_show_prints_every_spelling(lotgraph: Command) -> None:
    ended = lotgraph("show", "FG1183")
    assert f"identifiers\t{GOODS_URN}\n" in ended.out
    assert "identifiers\thttps://id.gs1.org/01/06901234000016/10/FG1183\n" in ended.out


def test_show_as_json_holds_properties(lotgraph: Command) -> None:
    assert json.loads(lotgraph("show", GOODS, "--json").out)["properties"]["name_zh"] == "输液器"


def test_config_shows_origins_and_hides_secrets(
    lotgraph: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTGRAPH_DATABASE_URI", "neo4j://db:7687")
    monkeypatch.setenv("LOTGRAPH_DATABASE_USER", "neo4j")
    monkeypatch.setenv("LOTGRAPH_DATABASE_PASSWORD", "swordfish")
    ended = lotgraph("config", "show")
    assert "database_uri\tneo4j://db:7687\tLOTGRAPH_DATABASE_URI\n" in ended.out
    assert "query_timeout\t120.0\tdefault\n" in ended.out
    assert "swordfish" not in ended.out + ended.err
    assert "(hidden)" in ended.out


def test_config_as_json(lotgraph: Command) -> None:
    found = json.loads(lotgraph("config", "show", "--json").out)
    assert found[0].keys() == {"setting", "value", "origin"}


def test_a_wrong_setting_is_named(lotgraph: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTGRAPH_EMBEDDED_HEAP", "lots")
    ended = lotgraph("config", "show")
    assert (ended.code, "LOTGRAPH_EMBEDDED_HEAP" in ended.err) == (Exit.USAGE, True)


@pytest.mark.parametrize("command", ["start", "stop", "reset"])
def test_a_server_elsewhere_is_not_ours_to_run(
    lotgraph: Command, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("LOTGRAPH_DATABASE_URI", "neo4j://db:7687")
    ended = lotgraph("db", command)
    assert (ended.code, "neo4j://db:7687" in ended.err) == (Exit.USAGE, True)


def test_status_of_an_untouched_folder_starts_nothing(
    lotgraph: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOTGRAPH_DATA_DIR", str(tmp_path / "data"))
    ended = lotgraph("db", "status")
    assert (ended.code, "state\tstopped\n" in ended.out) == (Exit.OK, True)
    assert lotgraph("db", "stop").code == Exit.OK
    assert not (tmp_path / "data").exists()


def test_reset_asks_before_it_deletes(
    lotgraph: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOTGRAPH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    ended = lotgraph("db", "reset")
    assert (ended.code, "--yes" in ended.err) == (Exit.USAGE, True)
    assert lotgraph("db", "reset", "--yes").code == Exit.OK
