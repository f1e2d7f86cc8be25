"""Waits only so long for an answer that may never come."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class Bounded(Generic[T]):
    """Work done in a thread of its own, one at a time however many ask for it.

    Neither a server that is silent nor a host that is gone ends a call of the
    driver in time; whoever asks again meanwhile waits for the same attempt. ``failures``
    are what the work may raise, and are raised where it is waited for.
    """

    def __init__(self, work: Callable[[], T], *failures: type[Exception]) -> None:
        self._work = work
        self._failures = failures
        self._lock = Lock()
        self._pending: Future[T] | None = None

    def within(self, seconds: float) -> T:
        """What the work gives or raises; raises TimeoutError when that takes longer."""
        with self._lock:
            pending = self._pending
            if pending is None or pending.done():
                pending = self._pending = Future()
                # A daemon, for what hangs must not keep the program from ending.
                Thread(target=self._do, args=(pending,), daemon=True).start()
        return pending.result(seconds)

    def _do(self, pending: Future[T]) -> None:
        try:
            pending.set_result(self._work())
        except self._failures as error:
            pending.set_exception(error)
        finally:
            # Whatever else went wrong, nobody waits for ever; of what is done nothing changes.
            pending.cancel()
