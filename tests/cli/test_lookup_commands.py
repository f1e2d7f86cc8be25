"""``lotgraph find``, ``show``, ``config`` and ``db``."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from cli.environment import misspelt
from cli.exits import Exit
from genealogy.settings import Settings
from tests.api.clients import nameless
from tests.cli.command import Command
from tests.small_company import GOODS, GOODS_URN, HUASHAN, RAW, TWIN, engine


def test_find_lists_every_candidate(lotgraph: Command) -> None:
    ended = lotgraph("find", "24A0871", "--json")
    assert [c["id"] for c in json.loads(ended.out)] == [RAW, TWIN]


def test_find_shows_the_name_of_the_product(lotgraph: Command) -> None:
    ended = lotgraph("find", "N1", opener=lambda: engine(nameless()))
    assert ended.out.count("\tBare resin\t") == 2


def test_find_says_when_its_list_is_cut(lotgraph: Command) -> None:
    cut = lotgraph("find", "24A0871", "--limit", "1")
    assert (len(cut.out.splitlines()), cut.code) == (2, Exit.OK)
    assert 'more than 1 for "24A0871"' in cut.err
    assert lotgraph("find", "24A0871", "--limit", "2").err == ""


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


@pytest.mark.parametrize("command", [("config", "show"), ("show", GOODS)])
def test_a_misspelt_setting_is_warned_of_once(
    lotgraph: Command, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("LOTGRAPH_DATABASE_URL", "neo4j://db:7687")
    ended = lotgraph(*command)
    assert ended.code == Exit.OK
    assert ended.err.count("LOTGRAPH_DATABASE_URL") == 1
    assert "did you mean LOTGRAPH_DATABASE_URI?" in ended.err


@pytest.mark.parametrize("field", Settings.model_fields)
def test_no_setting_is_taken_for_a_misspelt_one(field: str) -> None:
    name = f"LOTGRAPH_{field.upper()}"
    assert list(misspelt([name, "LOTGRAPH_DEBUG", "LOTGRAPH_REAL_DATA", "PATH"])) == []
    assert list(misspelt([name + "S"])) == [(name + "S", name)]


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
