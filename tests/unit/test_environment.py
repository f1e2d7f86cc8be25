"""The script that makes the virtual environment says what is missing and how to get it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.source_tree import REPOSITORY

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="make and sh are needed")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copy(REPOSITORY / "scripts" / "environment", tmp_path)
    (tmp_path / "some.lock").touch()
    return tmp_path


def set_up(checkout: Path, *, python: str, lock: str = "some.lock") -> tuple[int, str]:
    done = subprocess.run(
        ["sh", "environment", lock],
        cwd=checkout,
        env={**os.environ, "PYTHON": python},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


def fake_python(checkout: Path, *, knows: str) -> str:
    """A Python that is new enough but knows only the modules named."""
    path = checkout / "python-like"
    path.write_text(
        f'#!/bin/sh\ncase "$*" in *version_info*{knows}) exit 0;; *) exit 1;; esac\n', "utf-8"
    )
    path.chmod(0o755)
    return str(path)


def test_without_a_python_that_is_new_enough_it_names_the_version(checkout: Path) -> None:
    code, words = set_up(checkout, python=str(checkout / "nothing"))
    assert (code, "needs Python 3.11 or later" in words) == (1, True)
    assert not (checkout / ".venv").exists()


def test_an_old_python_is_not_taken(checkout: Path) -> None:
    old = checkout / "old"
    old.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    old.chmod(0o755)
    assert set_up(checkout, python=str(old))[0] == 1


def test_without_the_venv_module_it_names_the_package(checkout: Path) -> None:
    code, words = set_up(checkout, python=fake_python(checkout, knows=""))
    assert (code, "apt-get install python3-venv" in words) == (1, True)


def test_outside_a_checkout_it_says_so(checkout: Path) -> None:
    code, words = set_up(checkout, python=sys.executable, lock="other.lock")
    assert (code, "other.lock is missing" in words) == (1, True)


def test_the_first_python_that_is_new_enough_is_taken(checkout: Path) -> None:
    # An empty lock installs nothing; the editable install then fails for want of a project.
    code, _ = set_up(checkout, python=f"{checkout}/nothing {sys.executable}")
    assert (code != 0, (checkout / ".venv" / "bin" / "python").exists()) == (True, True)
