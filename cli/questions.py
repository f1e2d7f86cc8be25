"""From what was typed to a question: seeds and stops resolved, times read."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from genealogy.errors import Ambiguous, InvalidQuery, NotFound
from genealogy.exports.candidates import explained
from genealogy.messages import text
from genealogy.model.durations import ClockTolerance, merged, parse_carry_over, parse_tolerance
from genealogy.model.facts import NodeId
from genealogy.model.times import OutOfYears, parse_instant
from genealogy.trace.result import Mode, TraceDirection, TraceQuery, Window, WindowKind

if TYPE_CHECKING:
    from genealogy.bootstrap import Lotgraph


@dataclass(frozen=True, slots=True)
class Windowed:
    """Names by kind of window, and the times that hold for all of them."""

    names: tuple[tuple[WindowKind, str], ...] = ()
    since: str | None = None
    until: str | None = None
    revision: str | None = None

    @property
    def are_timed(self) -> bool:
        """Whether any of them has the times; an event has its own."""
        return any(kind is not WindowKind.EVENT for kind, _ in self.names)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a trace question says beside its seeds and direction, as typed."""

    mode: Mode = Mode.EXACT
    as_of: str | None = None
    known_at: str | None = None
    stops: tuple[str, ...] = ()
    max_depth: int | None = None
    quantities: bool = False
    dilution: str | None = None
    clock_tolerance: tuple[str, ...] = ()
    carry_over: tuple[str, ...] = ()
    windows: Windowed = Windowed()


def question(
    engine: Lotgraph, direction: TraceDirection, seeds: Sequence[str], terms: Terms
) -> TraceQuery:
    """The question with every name resolved.

    Raises InvalidQuery, InvalidIdentifier, NotFound or Ambiguous.
    """
    return TraceQuery(
        seeds=resolve_all(engine, seeds),
        direction=direction,
        mode=terms.mode,
        as_of=moment(terms.as_of, "--as-of"),
        known_at=moment(terms.known_at, "--known-at"),
        stops=resolve_all(engine, terms.stops),
        max_depth=terms.max_depth,
        quantities=terms.quantities or terms.dilution is not None,
        dilution=_fraction(terms.dilution),
        clock_tolerance=tolerances(terms.clock_tolerance),
        windows=windows(engine, terms.windows),
        carry_over=merged(map(_carry_over, terms.carry_over)),
    )


def question_about(
    engine: Lotgraph, direction: TraceDirection, seeds: Sequence[str], terms: Terms
) -> TraceQuery:
    """The same where a seed may be a quality event, or with times what else has a window.

    The times are those of the windows that are named, if any can have them.
    """
    asked = terms.windows
    if asked.are_timed:
        return engine.meant(question(engine, direction, seeds, terms))
    plain = replace(terms, windows=replace(asked, since=None, until=None))
    times = moment(asked.since, "--since"), moment(asked.until, "--until")
    if not seeds and any(times):
        raise InvalidQuery(reason=text("cli.times_of_nothing"))
    return engine.meant(question(engine, direction, seeds, plain), *times)


def _carry_over(words: str) -> tuple[str, timedelta]:
    try:
        return parse_carry_over(words)
    except ValueError as error:
        raise InvalidQuery(reason=text("cli.option", option="--carry-over", why=error)) from error


def windows(engine: Lotgraph, asked: Windowed) -> tuple[Window, ...]:
    """The windows with every name resolved.

    Raises InvalidQuery for times or a revision without anything they are of, and what
    ``resolve`` raises.
    """
    since, until = moment(asked.since, "--from"), moment(asked.until, "--to")
    if (since or until) and not asked.are_timed:
        raise InvalidQuery(reason=text("cli.times_of_nothing"))
    if asked.revision and WindowKind.PRODUCT not in dict(asked.names):
        raise InvalidQuery(reason=text("cli.revision_of_nothing"))
    return tuple(
        Window(
            kind,
            resolve(engine, name, kind),
            None if kind is WindowKind.EVENT else since,
            None if kind is WindowKind.EVENT else until,
            asked.revision if kind is WindowKind.PRODUCT else None,
        )
        for kind, name in dict.fromkeys(asked.names)
    )


def tolerances(words: Iterable[str]) -> ClockTolerance:
    """How far clocks may be off, as typed. Raises InvalidQuery naming the option."""
    return merged(map(_tolerance, words))


def _tolerance(words: str) -> tuple[str, timedelta]:
    try:
        return parse_tolerance(words)
    except ValueError as error:
        raise InvalidQuery(
            reason=text("cli.option", option="--clock-tolerance", why=error)
        ) from error


def resolve(engine: Lotgraph, name: str, kind: str = "any_kind") -> NodeId:
    """The one node the name means; ``kind`` is what to call it if there is none.

    Raises InvalidIdentifier, NotFound or Ambiguous; the latter two have records of the
    first things the name may mean as parameter ``candidates``.
    """
    try:
        return engine.resolve(name)
    except (Ambiguous, NotFound) as error:
        raise explained(engine.index, error, text("resolve.nothing_near"), kind=kind) from None


def resolve_all(engine: Lotgraph, names: Iterable[str]) -> tuple[NodeId, ...]:
    """The nodes that the names mean, each once; raises what ``resolve`` does."""
    asked = list(names)
    sure = engine.identified(asked)
    return tuple(dict.fromkeys(sure.get(name) or resolve(engine, name) for name in asked))


def moment(words: str | None, option: str) -> datetime | None:
    """A time with zone, UTC. Raises InvalidQuery naming the option."""
    if words is None:
        return None
    try:
        return parse_instant(words).at
    except OutOfYears:
        raise InvalidQuery(reason=text("cli.years", option=option, text=words)) from None
    except ValueError:
        raise InvalidQuery(reason=text("cli.time", option=option, text=words)) from None


def _fraction(words: str | None) -> Decimal | None:
    """A fraction, also as per cent. Raises InvalidQuery."""
    if words is None:
        return None
    number = words.strip()
    try:
        return Decimal(number[:-1]) / 100 if number.endswith("%") else Decimal(number)
    except InvalidOperation:
        raise InvalidQuery("no_dilution", dilution=words) from None


def starts(names: Sequence[str] | None, terms: Terms) -> tuple[str, ...]:
    """The seeds typed; none where the question starts from windows alone.

    Raises InvalidQuery for neither.
    """
    return () if terms.windows.names and not names else typed(names or ())


def typed(words: Iterable[str]) -> tuple[str, ...]:
    """The names typed; ``-`` stands for the lines of standard input.

    Of a tab-separated line the first field counts. Raises InvalidQuery when none is left.
    """
    found = tuple(name for word in words for name in _expanded(word))
    if not found:
        raise InvalidQuery(reason=text("cli.no_ids"))
    return found


def _expanded(word: str) -> Iterator[str]:
    if word != "-":
        yield word
        return
    for line in sys.stdin:
        if name := line.split("\t")[0].strip().removeprefix("\ufeff"):
            yield name
