"""Measures whole answers over HTTP, from the question to the last byte, and the server's memory."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.request import Request, urlopen

import orjson

from genealogy.bootstrap import Lotgraph
from genealogy.trace.result import TraceQuery
from tests.bench.figures import Figure
from tests.bench.goals import BARE_ANSWER, HTTP, MEMORY_SENT, OVER_HTTP
from tests.bench.layered import lot_id
from tests.bench.stopwatch import Yardstick
from tests.bench.walks import Question
from tests.databases import Endpoint

ARROW = "application/vnd.apache.arrow.stream"
ROUNDS = 3
LARGEST = {"Arrow": 300_000, "JSON": 100_000}
#: From which take on a form asks: what another form has asked is stored, and answered at once.
FIRST = {"Arrow": 0, "JSON": 100}
UP_SECONDS, WARM_SECONDS = 60.0, 5.0
#: Deeper than any answer goes; another limit makes it another question, answered anew.
DEEP = 1_000
_SERVE = "from cli.main import main; main()"


@dataclass(frozen=True)
class Served:
    """A server that answers: its address and process."""

    address: str
    process: int

    def ask(self, seed: int, take: int) -> str:
        """Ask for a trace; the path of the answer."""
        asked = {"seeds": [lot_id(seed)], "direction": "forward", "max_depth": DEEP + take}
        request = Request(
            f"{self.address}/v1/traces",
            orjson.dumps(asked),
            {"Content-Type": "application/json"},
        )
        with urlopen(request) as answer:
            return str(orjson.loads(answer.read())["self"])

    def read(self, path: str, accept: str) -> bytes:
        """The whole of an answer."""
        with urlopen(Request(self.address + path, headers={"Accept": accept})) as answer:
            body: bytes = answer.read()
            return body

    def resident(self, name: str) -> int:
        """Bytes of memory that it holds (VmRSS), or held at most (VmHWM) since ``forget``."""
        status = Path(f"/proc/{self.process}/status").read_text("ascii")
        found = re.search(rf"{name}:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024

    def forget(self) -> None:
        """Let the most memory that it held be counted anew."""
        Path(f"/proc/{self.process}/clear_refs").write_text("5", "ascii")


@contextmanager
def served(endpoint: Endpoint, data: Path) -> Iterator[Served]:
    """The product's server over a database, its snapshot in a data folder."""
    settings = {
        "LOTGRAPH_DATA_DIR": str(data),
        "LOTGRAPH_DATABASE_URI": endpoint.uri,
        "LOTGRAPH_DATABASE_USER": endpoint.user or "",
        "LOTGRAPH_DATABASE_PASSWORD": endpoint.password or "",
        "LOTGRAPH_DATABASE_NAME": endpoint.database or "",
        "LOTGRAPH_QUERY_TIMEOUT": "600",
        "LOTGRAPH_LANG": "en",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE, "serve", "--port", "0"],
        env={**os.environ, **settings, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found is not None, "the server did not start"
        # It loads its compiled code in the background.
        time.sleep(WARM_SECONDS)
        yield Served(found[0], process.pid)
    finally:
        process.terminate()
        process.communicate(timeout=UP_SECONDS)


def measure_http(
    server: Served,
    engine: Lotgraph,
    asked: list[Question],
    name: str,
    yardstick: Yardstick,
    skipped: dict[str, str],
) -> Iterator[Figure]:
    """The largest answers in each format, and a small one."""
    for form, largest in LARGEST.items():
        if form == "Arrow" and not _has_arrow():
            skipped[f"{form} over HTTP"] = "pyarrow is not installed"
            continue
        fitting = [q for q in asked if q.size <= 1.25 * largest]
        for question in dict.fromkeys((fitting[0].seed, fitting[-1].seed)):
            [one] = [q for q in asked if q.seed == question]
            case = f"{form}, {one.case} ({name})"
            yield from _measured(server, engine, one, form, case, yardstick)


def _measured(
    server: Served, engine: Lotgraph, asked: Question, form: str, case: str, yardstick: Yardstick
) -> Iterator[Figure]:
    busy = yardstick.read()
    fetch, bare = (_arrow, _bare_arrow) if form == "Arrow" else (_json, _bare_json)
    times: dict[str, list[float]] = {OVER_HTTP: [], BARE_ANSWER: []}
    grown: list[float] = []
    first = FIRST[form]
    fetch(server, server.ask(asked.seed, first))
    for take in range(first + 1, first + ROUNDS + 1):
        began = perf_counter()
        path = server.ask(asked.seed, take)
        answered = perf_counter() - began
        server.forget()
        before = server.resident("VmRSS")
        began = perf_counter()
        bodies = fetch(server, path)
        times[OVER_HTTP].append(1000 * (answered + perf_counter() - began))
        grown.append((server.resident("VmHWM") - before) / 2**20)
        times[BARE_ANSWER].append(1000 * (_engine(engine, asked, take) + bare(bodies)))
    for way, values in times.items():
        yield Figure(HTTP, case, way, values, busy=busy, size=asked.size)
    yield Figure(HTTP, case, MEMORY_SENT, grown, "MiB", busy, asked.size)


def _engine(engine: Lotgraph, asked: Question, take: int) -> float:
    query = TraceQuery((lot_id(asked.seed),), "forward", max_depth=DEEP + take)
    began = perf_counter()
    found = engine.trace(query)
    seconds = perf_counter() - began
    assert len(found.reached) == asked.size
    return seconds


def _json(server: Served, path: str) -> list[bytes]:
    return [server.read(path, "application/json")]


def _arrow(server: Served, path: str) -> list[bytes]:
    return [server.read(f"{path}/{part}", ARROW) for part in ("nodes", "edges")]


def _bare_json(bodies: list[bytes]) -> float:
    """Seconds that orjson takes for the same documents."""
    documents = [orjson.loads(body) for body in bodies]
    return _seconds(lambda: [orjson.dumps(document) for document in documents])


def _bare_arrow(bodies: list[bytes]) -> float:
    """Seconds that pyarrow takes to make the same streams of the columns as lists."""
    arrow = import_module("pyarrow")
    tables = [arrow.ipc.open_stream(body).read_all() for body in bodies]
    told = [(table.to_pydict(), table.schema) for table in tables]

    def write() -> None:
        for columns, schema in told:
            table = arrow.table(columns, schema)
            with arrow.ipc.new_stream(io.BytesIO(), schema) as stream:
                stream.write_table(table)

    return _seconds(write)


def _seconds(way: Callable[[], Any]) -> float:
    began = perf_counter()
    way()
    return perf_counter() - began


def _has_arrow() -> bool:
    try:
        import_module("pyarrow")
    except ImportError:
        return False
    return True
