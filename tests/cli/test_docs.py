"""The documents name every command, option, exit code, format and address there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import typer

from api.errors import ERROR_STATUS, HTTP_CODES
from cli.app import app
from cli.exits import Exit
from genealogy.exports.registry import EXPORTS
from tests.api.clients import client
from tests.cli.command import REPOSITORY, Command

CLI = (REPOSITORY / "docs" / "cli.md").read_text("utf-8")
API = (REPOSITORY / "docs" / "api.md").read_text("utf-8")


def commands(group: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its path."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


TREE = dict(commands(typer.main.get_command(app)))


def documented(page: Path) -> set[tuple[str, ...]]:
    """The commands that a page shows, as paths."""
    found = re.findall(r"lotgraph ((?:[a-z-]+ ?){1,2})", page.read_text("utf-8"))
    words = [tuple(text.split()) for text in found]
    return {known for known in TREE for text in words if text[: len(known)] == known}


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_a_command_is_documented(path: tuple[str, ...]) -> None:
    assert f"`lotgraph {' '.join(path)}" in CLI


@pytest.mark.parametrize("path", TREE, ids=" ".join)
def test_every_option_is_documented(path: tuple[str, ...]) -> None:
    for parameter in TREE[path].params:
        for name in (*parameter.opts, *parameter.secondary_opts):
            assert not name.startswith("-") or f"`{name}" in CLI, name


PAGES = [p for p in (REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md")))]
SHOWN = sorted({path for page in PAGES for path in documented(page)})


@pytest.mark.parametrize("path", SHOWN, ids=" ".join)
def test_a_documented_command_opens(lotgraph: Command, path: tuple[str, ...]) -> None:
    ended = lotgraph(*path, "--help")
    assert ended.code == Exit.OK
    assert "Usage: lotgraph " + " ".join(path) in " ".join(ended.out.split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_shows_a_command_that_is_not_there(page: Path) -> None:
    text = page.read_text("utf-8")
    first = {path[0] for path in TREE}
    shown = re.findall(r"(?:^|`|\$ |bin/)lotgraph ([a-z-]+)", text, re.MULTILINE)
    assert set(shown) <= first


def test_exactly_the_exit_codes_are_documented() -> None:
    section = CLI.partition("## Exit codes")[2].partition("\n## ")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)] == list(Exit)


def test_exactly_the_formats_are_documented() -> None:
    section = CLI.partition("## Formats")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(EXPORTS)


def test_every_address_is_documented() -> None:
    for address, methods in client().get("/openapi.json").json()["paths"].items():
        pattern = re.sub(r"\{(trace|lot|job|answer)_id\}", "{id}", address)
        for method in methods:
            assert f"`{method.upper()} {pattern}" in API


def test_every_status_is_documented() -> None:
    statuses = {*HTTP_CODES, *(s for _, s in ERROR_STATUS), HTTPStatus.INTERNAL_SERVER_ERROR}
    section = API.partition("## Problems")[2]
    found = {int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)}
    assert found == {status.value for status in statuses}
