"""The layered mixing graph: lots that are mixed into lots, written straight as a snapshot.

Seven layers, each with three times the lots of the one before, with time running along each.
Every lot has four inputs of the layer before, drawn from a stretch that is most of the layer
at its beginning and a ten-thousandth at its end, so answers of every size exist. A lot is made
during two to twenty days, and doses go in at any time of these: what was drawn from it before a
dose does not hold it, so that reach in time and plain reach differ. One edge in five hundred is
rework, to a later lot of the same layer. The same seed and scale give the same graph; scale 1
has a million lots and four million edges.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.model.names import Flow, Label
from genealogy.ports import DataState
from genealogy.snapshot.content import Content, Nodes
from genealogy.snapshot.graph import Edges, backward_side, forward_order, forward_side, scale_of
from genealogy.snapshot.make import frozen
from genealogy.snapshot.records import CODED, Layers, Records
from genealogy.snapshot.texts import Coded, Names, Texts
from genealogy.trace.signs import FLOW_CODES, KIND_CODES, READ

Ints = npt.NDArray[Any]

LAYERS, INPUTS, GROWTH = 7, 4, 3
NARROWEST, WIDEST = 1e-4, 0.8
REWORKED = 0.002
DAY = 86_400
START, SPAN, LAG = 1_735_689_600, 400 * DAY, DAY
SHORTEST, LONGEST = 2 * DAY, 20 * DAY
SECOND = 1_000_000


def edges_of(scale: float, seed: int = 20_260_302) -> tuple[int, Ints, Ints, Ints]:
    """Number of lots, then source, target and time (microseconds since 1970) of each edge."""
    random = np.random.default_rng(seed)
    smallest = max(20, round(1_000_000 * scale / sum(GROWTH**k for k in range(LAYERS))))
    sizes = [smallest * GROWTH**layer for layer in range(LAYERS)]
    first = np.concatenate(([0], np.cumsum(sizes)))
    source, target, at = [], [], []
    for layer in range(1, LAYERS):
        size, before = sizes[layer], sizes[layer - 1]
        position = np.arange(size) / size
        stretch = WIDEST * (NARROWEST / WIDEST) ** position
        lasts = random.integers(SHORTEST, LONGEST, size)
        begins = START + position * SPAN + layer * LAG
        for _ in range(INPUTS):
            drawn = np.maximum(0, position - random.random(size) * stretch) * before
            source.append(first[layer - 1] + drawn.astype(np.int64))
            target.append(first[layer] + np.arange(size))
            at.append((begins + random.random(size) * lasts).astype(np.int64))
        into = random.integers(1, size, int(REWORKED * INPUTS * size))
        source.append(first[layer] + (into * random.random(len(into))).astype(np.int64))
        target.append(first[layer] + into)
        at.append((begins[into] + random.random(len(into)) * lasts[into]).astype(np.int64))
    return int(first[-1]), *map(np.concatenate, (source, target, at))


def snapshot(scale: float) -> Content:
    """The graph as a snapshot, with all columns that an answer tells."""
    count, source, target, at = edges_of(scale)
    at = at * SECOND
    times = scale_of(at)
    stored = times.stored(at)
    sign = np.full(len(at), FLOW_CODES[Flow.RELABELLED_AS], dtype=np.uint8)
    drawn = Edges(source.astype(np.int32), target.astype(np.int32), sign, stored, stored)
    order, _ = forward_order(drawn)
    edges = drawn.picked(order)
    records = Layers((_records(at[order]),))
    ids = Names(Texts.of([f"lot:S:P:{number:09}" for number in range(count)]))
    nodes = Nodes(
        ids,
        np.arange(count, dtype=np.int32),
        np.full(count, READ, dtype=np.uint8),
        np.full(count, KIND_CODES[Label.LOT], dtype=np.uint8),
        np.zeros(count, dtype=np.int32),
        Texts.of(["product:P"]),
    )
    sides = frozen(forward_side(edges, count)), frozen(backward_side(edges, count))
    return Content(nodes, *sides, lambda: records, times, DataState("layered", 1))


def _records(at: Ints) -> Records:
    """Records as a load of tables leaves them."""
    count = len(at)
    unknown = np.full(count, np.iinfo(np.int64).min)
    same: dict[str, Any] = {
        name: Coded(np.zeros(count, dtype=np.int32), Texts.of([f"some {name}"])) for name in CODED
    }
    ids = Texts.of([f"mix:{number:09}" for number in range(count)])
    recorded = np.full(count, START * SECOND)
    return Records(ids, at, unknown, unknown, recorded, **same)
