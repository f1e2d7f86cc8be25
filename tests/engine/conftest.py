"""What the tests of the embedded server share: settings whose server is gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from genealogy.settings import Settings
from genealogy.store.embedded import stop
from tests.embedded_server import eventually, java_processes, small


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a small server, which is stopped at the end and leaves no process."""
    settings = small(tmp_path)
    yield settings
    stop(settings)
    assert eventually(lambda: java_processes(tmp_path) == [])
