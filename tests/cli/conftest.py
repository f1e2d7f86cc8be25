"""Fixtures of the command line's tests."""

from __future__ import annotations

import pytest

from tests.cli.command import Command, command_of


@pytest.fixture
def lotgraph(capfd: pytest.CaptureFixture[str]) -> Command:
    """The command ``lotgraph`` on the small company."""
    return command_of(capfd)


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTGRAPH_LANG", "en")
