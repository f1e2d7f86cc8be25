"""The layered mixing graph: lots that are mixed into lots, as arrays and as a snapshot.

Seven layers, each with two and a half times the lots of the one before, with time running along
each. Every lot has four inputs of the layer before, drawn from a stretch that is a
ten-thousandth of the layer at its beginning and a third of it at its end, so answers of every size
exist. A lot is made during two to twenty days, and doses go in at any time of these: what was
drawn from it before a dose does not hold it, so that reach in time and plain reach differ. One
edge in five hundred is rework, to a later lot of the same layer. The same seed and scale give
the same graph; scale 1 has a million lots and four million edges. Numbers rise in the direction
of the material.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label
from genealogy.ports import DataState
from genealogy.snapshot.content import Content, Nodes
from genealogy.snapshot.graph import Edges, backward_side, forward_order, forward_side, scale_of
from genealogy.snapshot.make import frozen
from genealogy.snapshot.records import CODED, Layers, Records
from genealogy.snapshot.texts import Coded, Names, Texts
from genealogy.trace.signs import FLOW_CODES, KIND_CODES, READ

Ints = npt.NDArray[Any]

LOTS, LAYERS, INPUTS, GROWTH = 1_000_000, 7, 4, 2.5
NARROWEST, WIDEST = 1e-4, 0.3
REWORKED = 0.002
DAY = 86_400
START, SPAN, LAG = 1_735_689_600, 400 * DAY, DAY
SHORTEST, LONGEST = 2 * DAY, 20 * DAY
SECOND = 1_000_000
DIGITS = 9
LOT, PRODUCT, FLOW = "lot:S:P:", "product:P", Flow.RELABELLED_AS
EDGE, RECORD = "mix:", "mix.csv:"


@dataclass(frozen=True)
class Mix:
    """So many lots, and edges between them with their times (seconds since 1970)."""

    lots: int
    source: Ints
    target: Ints
    at: Ints

    @property
    def edges(self) -> int:
        """How many edges there are."""
        return len(self.at)

    def __str__(self) -> str:
        return f"{self.lots:,} lots, {self.edges:,} edges"


def mix(scale: float, seed: int = 20_260_302) -> Mix:
    """The graph of this size."""
    random = np.random.default_rng(seed)
    parts_of = GROWTH ** np.arange(LAYERS)
    sizes = (LOTS * scale * parts_of / parts_of.sum()).astype(int)
    first = np.concatenate(([0], np.cumsum(sizes))).tolist()
    parts = [_layer(random, *first[layer - 1 : layer + 2], layer) for layer in range(1, LAYERS)]
    source, target, at = (np.concatenate(c).astype(np.int32) for c in zip(*parts, strict=True))
    return Mix(first[-1], source, target, at)


def _layer(
    random: np.random.Generator, before: int, first: int, end: int, layer: int
) -> tuple[Ints, Ints, Ints]:
    """The edges to the lots of a layer: it begins at one number, the one before at another."""
    size = end - first
    lots = np.arange(size)
    position = lots / size
    stretch = NARROWEST + WIDEST * position**2
    lasts = random.integers(SHORTEST, LONGEST, size)
    begins = START + position * SPAN + layer * LAG
    back = random.random((INPUTS, size)) * stretch
    drawn = before + np.maximum(0, position - back) * (first - before)
    dosed = begins + random.random((INPUTS, size)) * lasts
    into = random.integers(1, size, int(REWORKED * INPUTS * size))
    again = first + into * random.random(len(into))
    later = begins[into] + random.random(len(into)) * lasts[into]
    return (
        np.concatenate((drawn.ravel(), again)),
        first + np.concatenate((np.tile(lots, INPUTS), into)),
        np.concatenate((dosed.ravel(), later)),
    )


def within(small: Mix, large: Mix) -> tuple[Mix, Ints]:
    """Both graphs in one, no edge between them; and the numbers that the small one's lots get.

    These are spread evenly among the others, so that an answer in the small one stays the
    same and lies as far apart as one in a graph of that size does.
    """
    lots = small.lots + large.lots
    own = np.arange(small.lots, dtype=np.int64) * lots // small.lots
    others = np.delete(np.arange(lots), own)
    ends = (
        np.concatenate((own[a], others[b])).astype(np.int32)
        for a, b in ((small.source, large.source), (small.target, large.target))
    )
    return Mix(lots, *ends, np.concatenate((small.at, large.at))), own


def mirrored(graph: Mix) -> Mix:
    """The graph with all edges turned around and time running backward: wide where it was narrow.

    A lot has four inputs, so no more than some thousands of others are upstream of it. Seen
    this way up to half of the graph is.
    """
    source, target = graph.lots - 1 - graph.target, graph.lots - 1 - graph.source
    return Mix(graph.lots, source, target, graph.at.max() - (graph.at - graph.at.min()))


def lot_id(number: int) -> NodeId:
    """The id of a lot."""
    return NodeId(f"{LOT}{number:0{DIGITS}}")


def numbered(prefix: str, count: int) -> Texts:
    """Texts that are a prefix and a number of nine digits, from 0 on."""
    head = np.frombuffer(prefix.encode(), dtype=np.uint8)
    block = np.empty((count, len(head) + DIGITS), dtype=np.uint8)
    block[:, : len(head)] = head
    rest = np.arange(count)
    for column in range(block.shape[1] - 1, len(head) - 1, -1):
        block[:, column] = rest % 10 + ord("0")
        rest //= 10
    return Texts(block.ravel(), np.arange(count + 1, dtype=np.int64) * block.shape[1])


def snapshot_of(graph: Mix) -> Content:
    """The graph as a snapshot, with all columns that an answer tells."""
    at = graph.at.astype(np.int64) * SECOND
    times = scale_of(at)
    stored = times.stored(at)
    sign = np.full(graph.edges, FLOW_CODES[FLOW], dtype=np.uint8)
    drawn = Edges(graph.source, graph.target, sign, stored, stored)
    order, _ = forward_order(drawn)
    edges = drawn.picked(order)
    records = Layers((_records(at[order]),))
    nodes = Nodes(
        Names(numbered(LOT, graph.lots)),
        np.arange(graph.lots, dtype=np.int32),
        np.full(graph.lots, READ, dtype=np.uint8),
        np.full(graph.lots, KIND_CODES[Label.LOT], dtype=np.uint8),
        np.zeros(graph.lots, dtype=np.int32),
        Texts.of([PRODUCT]),
    )
    sides = forward_side(edges, graph.lots), backward_side(edges, graph.lots)
    return Content(nodes, *map(frozen, sides), lambda: records, times, DataState("layered", 1))


def _records(at: Ints) -> Records:
    """Records as a load of tables leaves them."""
    count = len(at)
    unknown = np.full(count, np.iinfo(np.int64).min)
    same: dict[str, Any] = {
        name: Coded(np.zeros(count, dtype=np.int32), Texts.of([f"some {name}"])) for name in CODED
    }
    same["source_record"] = Coded(np.arange(count, dtype=np.int32), numbered(RECORD, count))
    recorded = np.full(count, START * SECOND)
    return Records(numbered(EDGE, count), at, unknown, unknown, recorded, **same)
