"""Windows of a question as records, and the seeds that were found for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from genealogy.model.facts import NodeId
from genealogy.model.times import from_micros, iso
from genealogy.trace.result import Trace, Window

Record = dict[str, Any]


def window_records(windows: Sequence[Window]) -> list[Record]:
    """What was asked of each window; ``revision`` only where one was named."""
    return [
        {
            "kind": window.kind.value,
            "id": window.node_id,
            "from": _time(window.since),
            "to": _time(window.until),
            **({"revision": window.revision} if window.revision else {}),
        }
        for window in windows
    ]


def found_in(trace: Trace) -> dict[NodeId, list[Record]]:
    """By seed the windows it was found in: their number, and from when until when and where.

    The number counts the windows of the question from 0.
    """
    found: dict[NodeId, list[Record]] = {}
    for seed in trace.seeds:
        told = {
            "window": seed.window,
            "since": None if seed.since is None else iso(from_micros(seed.since)),
            "until": None if seed.until is None else iso(from_micros(seed.until)),
            "place": seed.place,
        }
        found.setdefault(seed.node_id, []).append(told)
    return found


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
