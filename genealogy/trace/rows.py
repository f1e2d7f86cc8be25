"""Flow edges filed into rows: grouped by their near end, sorted, and signed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.model.names import Flow
from genealogy.ports import FlowRows
from genealogy.trace.signs import FLOW_CODES, LASTING, NO_FLOW, TIMELESS, UNDATED

Ints = npt.NDArray[Any]


def signs(rows: FlowRows) -> bytearray:
    """The sign of each edge, without what depends on its row."""
    found = bytearray(map(FLOW_CODES.get, rows.type, repeat(NO_FLOW)))
    if None in rows.occurred_at:
        spans = zip(rows.occurred_at, rows.valid_from, rows.valid_to, strict=True)
        for edge, (at, start, end) in enumerate(spans):
            if at is None:
                found[edge] |= (
                    UNDATED if start is not None or end is not None else UNDATED | TIMELESS
                )
    return found


def inward(rows: FlowRows, flows: frozenset[Flow]) -> bytes | None:
    """Which edges are of these flows; null for none."""
    return bytes(map(flows.__contains__, rows.type)) if flows.intersection(rows.type) else None


def order(
    near: Sequence[int],
    last: bytes | None,
    opens: Sequence[int],
    closes: Sequence[int],
    ids: Sequence[str],
) -> list[int]:
    """Positions by near end, what comes last in its row, when edges open, close, and by id."""
    if len(ids) < 2:
        return list(range(len(ids)))
    keys = [np.asarray(closes), np.asarray(opens)]
    if last is not None:
        keys.append(np.frombuffer(last, dtype=np.uint8))
    keys.append(np.asarray(near))
    places = np.lexsort(keys)
    same = np.ones(len(places) - 1, dtype=bool)
    for key in keys:
        sorted_key = key[places]
        same &= sorted_key[1:] == sorted_key[:-1]
    found: list[int] = places.tolist()
    if same.any():
        _order_equals(found, same, ids)
    return found


def _order_equals(places: list[int], same: npt.NDArray[np.bool_], ids: Sequence[str]) -> None:
    """Sort runs of edges that are equal but for their ids."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], same.view(np.int8), [0]))))
    for first, after in zip(edges[::2].tolist(), (edges[1::2] + 1).tolist(), strict=True):
        places[first:after] = sorted(places[first:after], key=ids.__getitem__)


def starts(near: Sequence[int]) -> list[int]:
    """Where a run of equal near ends begins, and after the last one where they end."""
    return [0, *(i for i, (a, b) in enumerate(pairwise(near), 1) if a != b), len(near)]


def mark_lasting(sign: bytearray, first: int, last: int, opens: Any, closes: Any) -> None:
    """Mark edges of a part of a row from the first one on whose window is more than a moment."""
    for edge in range(first, last):
        if opens[edge] != closes[edge]:
            for later in range(edge, last):
                sign[later] |= LASTING
            return
