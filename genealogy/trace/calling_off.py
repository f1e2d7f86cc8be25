"""Calls a question off while another thread works on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event

from genealogy.errors import CalledOff


class Cancellation:
    """Whether one question has been called off; safe to share between threads.

    A trace asks it after each level and before each statement. Statements that run
    already belong to it, so a store can end these and no other.
    """

    def __init__(self) -> None:
        self._called_off = Event()

    @property
    def called_off(self) -> bool:
        """Whether nobody wants the answer any more."""
        return self._called_off.is_set()

    def call_off(self) -> None:
        """Let the work end as soon as it asks; what runs in a database has to be ended too."""
        self._called_off.set()

    def check(self) -> None:
        """Raise CalledOff if nobody wants the answer any more."""
        if self.called_off:
            raise CalledOff()


# Of a thread and what it asks, not a parameter: it has to get past every FlowSource unseen.
_current: ContextVar[Cancellation | None] = ContextVar("cancellation", default=None)


@contextmanager
def under(cancellation: Cancellation) -> Iterator[None]:
    """Do what this thread does in the block for one question, that can be called off."""
    token = _current.set(cancellation)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Cancellation | None:
    """What can call off that for which this thread works now; null when nothing can."""
    return _current.get()
