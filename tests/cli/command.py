"""Runs the command line, in this process on the small company or in one of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.main import run
from cli.session import Opener
from tests import small_company

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = (
    "import sys; from cli.main import run; from tests.small_company import engine; "
    "print('ready', file=sys.stderr, flush=True); sys.exit(run(sys.argv[1:], engine))"
)


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


def command_of(capfd: pytest.CaptureFixture[str]) -> Command:
    """A function that runs one command line in this process."""

    def command(*arguments: str, opener: Opener | None = None) -> Ended:
        code = run(arguments, opener or small_company.engine)
        said = capfd.readouterr()
        return Ended(code, said.out, said.err)

    return command


def process(*arguments: str, program: str = PROGRAM) -> subprocess.Popen[str]:
    """A process that runs one command line, on the small company unless told otherwise."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
