"""What was measured, as a table for the screen and as JSON to compare with later."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.figures import (
    FIGURE_HEADER,
    GOAL_HEADER,
    Figure,
    content,
    figure_rows,
    goal_rows,
)
from tests.bench.goals import GOALS

LOAD_LEAST = 0.8
TRACE_MOST = 1.3
#: A trace and its yardstick: the edges. With nodes told: the edges and what is known of nodes.
TRACE, BARE = "trace", "bare driver"
TOLD, BARE_TOLD = "trace with nodes told", "bare driver with nodes"


@dataclass(frozen=True)
class LoadResult:
    """One way to load one graph; seconds of each round for its node and its movement tables."""

    database: str
    way: str
    nodes: int
    edges: int
    movements: int
    node_seconds: list[float]
    movement_seconds: list[float]

    @property
    def seconds(self) -> float:
        """Median of whole rounds."""
        return median(map(sum, zip(self.node_seconds, self.movement_seconds, strict=True)))


@dataclass(frozen=True)
class TraceResult:
    """One way to answer one question; seconds of each repetition."""

    database: str
    mode: str
    way: str
    nodes: int
    edges: int
    seconds: list[float]


@dataclass(frozen=True)
class Outcome:
    """A whole run."""

    about: dict[str, Any]
    loads: list[LoadResult] = field(default_factory=list)
    traces: list[TraceResult] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)

    def save(self, path: Path) -> None:
        """Write everything, single measurements and medians with their ratios, as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        told = {
            **self.about,
            "skipped": self.skipped,
            "loads": [
                asdict(r) | {"seconds": r.seconds, "ratio": load_ratio(r, self.loads)}
                for r in self.loads
            ],
            "traces": [
                asdict(r) | {"median": median(r.seconds), "ratio": trace_ratio(r, self.traces)}
                for r in self.traces
            ],
            **content(self.figures, GOALS),
        }
        path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")

    def lines(self) -> list[str]:
        """The tables."""
        return [
            *self._loads(),
            *self._traces(),
            *self._figures(),
            *(f"Left out: {name}: {reason}" for name, reason in self.skipped.items()),
        ]

    def _loads(self) -> list[str]:
        header = ("database", "way", "nodes/s", "edges/s", "whole s", "of bare")
        title = f"Bulk load (to reach: {LOAD_LEAST} of the bare driver's rate)"
        return titled(title, header, [_load_line(r, self.loads) for r in self.loads])

    def _traces(self) -> list[str]:
        header = ("database", "mode", "nodes", "edges", "way", "ms", "max", "of bare")
        title = f"Forward trace (to reach: {TRACE_MOST} times the bare driver)"
        return titled(title, header, [_trace_line(r, self.traces) for r in self.traces])

    def _figures(self) -> list[str]:
        return [
            *titled("Layered graph: what is to be reached", GOAL_HEADER,
                    list(goal_rows(self.figures, GOALS))),
            *titled("Layered graph: all figures", FIGURE_HEADER, list(figure_rows(self.figures))),
        ]  # fmt: skip


def load_ratio(result: LoadResult, results: Sequence[LoadResult]) -> float | None:
    """The rate of a load over the bare driver's best; null for the bare driver itself."""
    bare = [r.seconds for r in results if r.database == result.database and _is_bare(r.way)]
    return None if _is_bare(result.way) or not bare else min(bare) / result.seconds


def trace_ratio(result: TraceResult, results: Sequence[TraceResult]) -> float | None:
    """The time of a trace over the bare driver's best; null for yardsticks."""
    yardstick = {TRACE: f"{BARE}, ", TOLD: f"{BARE_TOLD}, "}.get(result.way)
    asked = (result.database, result.mode, result.nodes)
    bare = [
        median(r.seconds)
        for r in results
        if yardstick and (r.database, r.mode, r.nodes) == asked and r.way.startswith(yardstick)
    ]
    return median(result.seconds) / min(bare) if bare else None


def _is_bare(way: str) -> bool:
    return way.startswith(BARE)


def _load_line(r: LoadResult, results: Sequence[LoadResult]) -> tuple[str, ...]:
    nodes, edges = r.nodes / median(r.node_seconds), r.movements / median(r.movement_seconds)
    rates = (f"{nodes:,.0f}", f"{edges:,.0f}", f"{r.seconds:.2f}")
    return (r.database, r.way, *rates, _ratio(load_ratio(r, results)))


def _trace_line(r: TraceResult, results: Sequence[TraceResult]) -> tuple[str, ...]:
    sizes, times = (f"{r.nodes:,}", f"{r.edges:,}"), (median(r.seconds), max(r.seconds))
    millis = [f"{1000 * t:,.1f}" for t in times]
    return (r.database, r.mode, *sizes, r.way, *millis, _ratio(trace_ratio(r, results)))


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def titled(title: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """A table with its title; nothing where nothing was measured."""
    return [title, *_table(header, rows), ""] if rows else []


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = [header, tuple("-" * width for width in widths), *rows]
    return ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in lines]
