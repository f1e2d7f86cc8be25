"""Settings: where they come from, what they refuse, and that they keep secrets."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genealogy.errors import InvalidInput
from genealogy.settings import URI_SCHEMES, Settings, default_data_dir, read_settings


@pytest.fixture(autouse=True)
def no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LOTGRAPH_{name.upper()}", raising=False)


def refusal(**given: object) -> str:
    with pytest.raises(InvalidInput) as refused:
        read_settings(**given)
    assert refused.value.error_code == "invalid_settings"
    return str(refused.value)


def test_without_any_setting_the_embedded_database_is_used() -> None:
    settings = read_settings()
    assert settings.embedded
    assert settings.embedded_heap == "2g"
    assert settings.query_timeout == 120


def test_data_are_kept_in_the_users_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert read_settings().data_dir == tmp_path / "lotgraph"


@pytest.mark.parametrize("useless", ["", "relative/folder"])
def test_a_useless_data_home_is_passed_over(monkeypatch: pytest.MonkeyPatch, useless: str) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", useless)
    assert default_data_dir() == Path.home() / ".local" / "share" / "lotgraph"


def test_clocks_that_may_be_off_are_named_with_how_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTGRAPH_CLOCK_TOLERANCE", "MES=5m,ERP=1h")
    told = (("ERP", timedelta(hours=1)), ("MES", timedelta(minutes=5)))
    assert read_settings().clock_tolerances == told
    assert read_settings(clock_tolerance="").clock_tolerances == ()
    assert "CLOCK_TOLERANCE" in refusal(clock_tolerance="MES=5")
    assert "CLOCK_TOLERANCE" in refusal(clock_tolerance="5m")


def test_the_data_folder_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings(data_dir="here").data_dir == tmp_path / "here"
    assert read_settings(data_dir="~/there").data_dir == Path.home() / "there"


def test_the_environment_is_read_and_arguments_take_precedence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOTGRAPH_EMBEDDED_HEAP", "2G")
    monkeypatch.setenv("LOTGRAPH_QUERY_TIMEOUT", "7.5")
    assert read_settings().embedded_heap == "2g"
    assert read_settings().query_timeout == 7.5
    assert read_settings(query_timeout=3).query_timeout == 3


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTGRAPH_DATABASE_URI", "")
    assert read_settings().embedded


@pytest.mark.parametrize("scheme", URI_SCHEMES)
def test_every_scheme_of_the_driver_is_taken(scheme: str) -> None:
    assert not read_settings(database_uri=f"{scheme}://graph.example:7687").embedded


@pytest.mark.parametrize(
    "uri", ["http://localhost", "localhost:7687", "neo4j://", "bolt://h:port", "neo4j://[1", "x"]
)
def test_an_address_of_another_form_is_refused_by_name(uri: str) -> None:
    assert "LOTGRAPH_DATABASE_URI" in refusal(database_uri=uri)


def test_a_login_in_the_address_is_refused_and_not_repeated() -> None:
    message = refusal(database_uri="neo4j://anna:geheim@graph.example")
    assert "LOTGRAPH_DATABASE_PASSWORD" in message
    assert "geheim" not in message


@pytest.mark.parametrize(
    "login",
    [
        {"database_user": "anna"},
        {"database_password": "geheim"},
        {"database_user": "anna", "database_password": "geheim"},
    ],
)
def test_a_login_without_an_address_is_refused(login: dict[str, str]) -> None:
    message = refusal(**login)
    assert "LOTGRAPH_DATABASE_URI" in message
    assert "geheim" not in message


@pytest.mark.parametrize("half", [{"database_user": "anna"}, {"database_password": "geheim"}])
def test_half_a_login_is_refused(half: dict[str, str]) -> None:
    message = refusal(database_uri="neo4j://graph.example", **half)
    assert "LOTGRAPH_DATABASE_USER" in message
    assert "geheim" not in message


def test_a_server_without_login_is_allowed() -> None:
    assert read_settings(database_uri="bolt://localhost").database_user is None


def test_the_password_is_never_shown() -> None:
    settings = read_settings(
        database_uri="neo4j://h", database_user="anna", database_password="geheim"
    )
    assert "geheim" not in repr(settings)
    assert "geheim" not in str(settings.model_dump())
    assert "geheim" not in settings.model_dump_json()


@pytest.mark.parametrize("heap", ["128m", "1", "1t", "much", "-1g", "1.5g", "1g -version", "0g"])
def test_a_heap_that_is_too_small_or_no_size_is_refused(heap: str) -> None:
    assert "LOTGRAPH_EMBEDDED_HEAP" in refusal(embedded_heap=heap)


@given(st.integers(256, 4096))
def test_every_heap_from_the_smallest_on_is_taken(megabytes: int) -> None:
    assert read_settings(embedded_heap=f"{megabytes}M").embedded_heap == f"{megabytes}m"


@pytest.mark.parametrize(
    "name", ["../other", "a/b", "a b", "1st", "", "a;drop", "x" * 64, ".", "a\nb"]
)
def test_a_database_name_cannot_lead_out_of_its_folder(name: str) -> None:
    assert "LOTGRAPH_DATABASE_NAME" in refusal(database_name=name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"query_timeout": 0},
        {"query_timeout": "soon"},
        {"embedded_start_timeout": -1},
        {"embedded_idle_minutes": -1},
        {"embedded_java_options": "-Dx='open"},
        {"lang": "fr"},
    ],
)
def test_values_out_of_range_are_refused_by_name(wrong: dict[str, object]) -> None:
    [name] = wrong
    assert f"LOTGRAPH_{name.upper()}: " in refusal(**wrong)


def test_all_that_is_wrong_is_said_at_once() -> None:
    message = refusal(query_timeout=0, embedded_heap="1")
    assert "LOTGRAPH_QUERY_TIMEOUT" in message
    assert "LOTGRAPH_EMBEDDED_HEAP" in message


def test_an_unknown_setting_is_refused() -> None:
    assert "LOTGRAPH_DATABSE" in refusal(databse="x")


@pytest.mark.parametrize(("given_", "meant"), [("zh_CN.UTF-8", "zh"), ("EN", "en"), ("zh", "zh")])
def test_languages_are_taken_in_the_form_of_locales(given_: str, meant: str) -> None:
    assert read_settings(lang=given_).lang == meant


def test_refusals_are_told_in_the_language_of_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTGRAPH_LANG", "zh")
    assert "必须同时设置" in refusal(database_uri="bolt://h", database_user="anna")


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
