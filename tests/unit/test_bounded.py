"""Waiting only so long: answers, errors, silence, and several who ask at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from itertools import count
from threading import Event

import pytest

from genealogy.store.bounded import Bounded


def held(gate: Event) -> tuple[Callable[[], int], list[int]]:
    """Work that waits at a gate, and the list of how often it was begun."""
    numbers, begun = count(1), list[int]()

    def work() -> int:
        begun.append(next(numbers))
        gate.wait(10)
        return begun[-1]

    return work, begun


def test_what_is_done_in_time_is_given() -> None:
    assert Bounded(lambda: 7).within(5) == 7


def test_each_call_does_the_work_anew() -> None:
    bounded = Bounded(count(1).__next__)
    assert [bounded.within(5), bounded.within(5)] == [1, 2]


def test_an_error_is_raised_where_it_is_waited_for() -> None:
    def fail() -> int:
        raise LookupError("lost")

    bounded = Bounded(fail, LookupError)
    for _ in range(2):
        with pytest.raises(LookupError, match="lost"):
            bounded.within(5)


def test_nobody_waits_for_ever_for_what_went_wrong_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda told_of: told.append(told_of.exc_type))
    workers: list[threading.Thread] = []

    def fail() -> int:
        workers.append(threading.current_thread())
        raise ZeroDivisionError

    with pytest.raises(CancelledError):
        Bounded(fail, LookupError).within(5)
    workers[0].join(5)
    assert told == [ZeroDivisionError]


def test_what_hangs_is_not_waited_for_and_not_begun_twice() -> None:
    gate = Event()
    work, begun = held(gate)
    bounded = Bounded(work)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            bounded.within(0.05)
    gate.set()
    assert (bounded.within(5), begun[0]) == (begun[-1], 1)
    assert len(begun) <= 2


def test_those_who_ask_at_once_share_one_attempt() -> None:
    gate = Event()
    work, begun = held(gate)
    bounded = Bounded(work)
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(bounded.within, 5) for _ in range(4)]
        with pytest.raises(TimeoutError):
            bounded.within(0.2)
        gate.set()
    assert ({answer.result() for answer in answers}, begun) == ({1}, [1])
