"""``lotgraph serve``: on loopback, over real sockets, until interrupted."""

from __future__ import annotations

import json
import signal
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.exits import Exit
from tests.cli.command import PROGRAM, Command, process
from tests.small_company import GOODS


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """Where a server of this test listens; it is interrupted at the end."""
    monkeypatch.setenv("LOTGRAPH_DATA_DIR", str(tmp_path))
    with process("serve", "--port", "0") as serving:
        assert serving.stderr is not None
        assert serving.stderr.readline() == "ready\n"
        said = serving.stderr.readline()
        yield next(word for word in said.split() if word.startswith("http"))
        serving.send_signal(signal.SIGINT)
        serving.communicate(timeout=30)
    assert serving.returncode == Exit.INTERRUPTED


def test_a_trace_is_served_and_kept(address: str, tmp_path: Path) -> None:
    assert address.startswith("http://127.0.0.1:")
    asked = json.dumps({"direction": "backward", "seeds": ["FG1183"]}).encode()
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(
        urllib.request.Request(f"{address}/v1/traces", asked, headers)
    ) as answer:
        made = json.load(answer)
    assert made["query"]["seeds"] == [GOODS]
    kept = {path.name.partition(".")[0] for path in (tmp_path / "traces").iterdir()}
    assert kept == {made["id"]}


def test_a_port_that_is_taken_is_told(lotgraph: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = lotgraph("serve", "--port", port)
    assert (ended.code, "[address_in_use]" in ended.err) == (Exit.USAGE, True)


WAITING = PROGRAM.replace("import engine", "import engine as _").replace(
    "print(", "from tests.api.jobs import Waiting; engine = Waiting().engine; print(", 1
)


def test_an_interrupted_server_ends_its_jobs_and_their_streams(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LOTGRAPH_DATA_DIR", str(tmp_path))
    with process("serve", "--port", "0", program=WAITING) as serving:
        assert serving.stderr is not None
        assert serving.stderr.readline() == "ready\n"
        address = next(w for w in serving.stderr.readline().split() if w.startswith("http"))
        asked = json.dumps({"direction": "backward", "seeds": ["FG1183"]}).encode()
        headers = {"Content-Type": "application/json", "Prefer": "respond-async"}
        with urllib.request.urlopen(
            urllib.request.Request(f"{address}/v1/traces", asked, headers)
        ) as answer:
            job = json.load(answer)
        with urllib.request.urlopen(address + job["events"]) as stream:
            assert stream.readline().startswith(b"retry: ")
            serving.send_signal(signal.SIGINT)
            told = stream.read().decode()
        serving.communicate(timeout=60)
    assert serving.returncode == Exit.INTERRUPTED
    assert told.rstrip().rpartition("event: ")[2].startswith("failed\n")
    assert "server_stopping" in told
