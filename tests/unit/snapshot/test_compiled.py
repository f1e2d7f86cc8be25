"""The compiled kernel is a help and no condition: when it is used, kept, and done without."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.snapshot import compiled
from genealogy.snapshot import trace as walked
from genealogy.snapshot.flows import CopiedFlows
from genealogy.snapshot.keeper import Keeper
from genealogy.trace.result import TraceQuery
from tests.genealogies import flow, genealogy
from tests.snapshots import MemoryGraph, snapshot_of

DRAWN = genealogy([flow(Flow.RELABELLED_AS, "lot:A", "lot:B", 1)])
QUERY = TraceQuery((NodeId("lot:A"),), "forward")


@pytest.fixture
def without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "find_spec", lambda _: None)
    monkeypatch.setattr(compiled, "through", cache(lambda: pytest.fail("compiled")))


@pytest.mark.usefixtures("without_numba")
def test_without_numba_a_snapshot_is_kept_and_answers(tmp_path: Path) -> None:
    source = MemoryGraph()
    source.write(DRAWN.facts)
    keeper = Keeper(source, tmp_path)
    keeper.build()
    keeper.warm()
    assert walked._faster(10**9) is None
    found = keeper.trace(QUERY)
    assert found is not None
    assert [r.node_id for r in found.reached] == ["lot:A", "lot:B"]


def test_nothing_is_compiled_for_a_graph_without_flows(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba")
    kernel, calls = compiled.through(), list[str]()

    def through() -> Any:
        calls.append("compiled")
        return kernel

    monkeypatch.setattr(compiled, "through", through)
    walked.rehearse(snapshot_of([]))
    assert calls == []
    walked.rehearse(snapshot_of(DRAWN.facts))
    assert set(calls) == {"compiled"}


def test_a_moment_told_more_exactly_than_all_before_has_nothing_compiled_anew() -> None:
    pytest.importorskip("numba")
    days = snapshot_of(DRAWN.facts)
    [fact] = DRAWN.flows
    assert fact.occurred_at is not None
    later = fact.occurred_at + timedelta(days=200 * 365, microseconds=1)
    finer = snapshot_of([*DRAWN.facts, replace(fact, fact_id="exactly", occurred_at=later)])
    assert (days.scale.dtype, finer.scale.dtype) == (np.int32, np.int64)
    walked.rehearse(days)
    kernel: Any = compiled.through()
    known = set(kernel.signatures)
    for content in (days, finer):
        for query in (QUERY, replace(QUERY, direction="backward")):
            assert walked.trace(CopiedFlows(MemoryGraph(), content), query) is not None
    assert set(kernel.signatures) == known


def test_while_the_kernel_is_compiled_others_walk_without_it() -> None:
    pytest.importorskip("numba")
    compiled.through()
    assert walked._faster(1) is not None
    walked._rehearsing.set()
    try:
        assert walked._faster(1) is None
    finally:
        walked._rehearsing.clear()


def test_code_is_kept_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    assert compiled.cache_folder().parent == tmp_path
    assert not compiled.is_kept()
    monkeypatch.delenv("NUMBA_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert compiled.cache_folder().parent == tmp_path / "cache" / "lotgraph"
