"""Garbage collection while facts stream by: seldom, for they go by themselves when done with.

Python looks for cycles whenever seven hundred more objects live than before, and then
again through all that live. A batch is hundreds of thousands of objects without a
cycle: looking through them takes as long as making them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

#: So many objects more than before are a sign that something does pile up.
_MANY = 2_000_000

_lock = Lock()
_before: list[tuple[int, int, int]] = []


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """Look for cycles only when millions of objects have piled up; for the whole program.

    May be entered several times at once: the last one out restores what was before.
    """
    with _lock:
        _before.append(gc.get_threshold())
        gc.set_threshold(_MANY, *_before[0][1:])
    try:
        yield
    finally:
        with _lock:
            before = _before.pop()
            if not _before:
                gc.set_threshold(*before)
