"""How Python runs while facts stream by: few looks for garbage, quick turns for threads.

Python looks for cycles whenever seven hundred more objects live than before, and then
again through all that live. A batch is hundreds of thousands of objects without a
cycle: looking through them takes as long as making them. And a thread that has an
answer to pass on waits five milliseconds, many times a batch, while another makes rows.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

#: So many objects more than before are a sign that something does pile up.
_MANY = 2_000_000
_TURN_SECONDS = 0.0005

_lock = Lock()
_before: list[tuple[tuple[int, int, int], float]] = []


@contextmanager
def streaming() -> Iterator[None]:
    """Look for cycles only when millions of objects have piled up; for the whole program.

    May be entered several times at once: the last one out restores what was before.
    """
    with _lock:
        _before.append((gc.get_threshold(), sys.getswitchinterval()))
        gc.set_threshold(_MANY, *_before[0][0][1:])
        sys.setswitchinterval(_TURN_SECONDS)
    try:
        yield
    finally:
        with _lock:
            threshold, turn = _before.pop()
            if not _before:
                gc.set_threshold(*threshold)
                sys.setswitchinterval(turn)
