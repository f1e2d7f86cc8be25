"""What may have been within a span of time, by records and clocks that may be off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from genealogy.model.facts import NodeId
from genealogy.model.names import LASTING, Link, latest_of
from genealogy.model.times import to_micros
from genealogy.ports import Direction, FlowRows, FlowSource, LinkRow, NodeRow
from genealogy.trace.clocks import widen
from genealogy.trace.columns import as_of
from genealogy.trace.result import Seed
from genealogy.trace.windows import BEGIN, END


class Span(NamedTuple):
    """From when until when something lasts, in microseconds UTC; BEGIN and END are no limits."""

    since: int
    until: int

    def meets(self, opens: int, closes: int) -> bool:
        """Whether something that lasted so long may have been within the span."""
        return opens <= self.until and closes >= self.since

    def within(self, opens: int, closes: int) -> Span:
        """The time that both have in common."""
        return Span(max(self.since, opens), min(self.until, closes))


#: Without limits.
ALWAYS = Span(BEGIN, END)


@dataclass(frozen=True, slots=True)
class Records:
    """What was recorded by a time, and had happened by another.

    ``slack`` tells how many microseconds the clock of a system may be off.
    """

    source: FlowSource
    known_at: datetime | None = None
    until: int | None = None
    slack: Mapping[str, int] = field(default_factory=dict)

    @property
    def most(self) -> int:
        """By how much any clock may be off: the times of nodes tell of no system."""
        return max(self.slack.values(), default=0)

    def nodes(self, ids: Sequence[NodeId]) -> list[NodeRow]:
        """Nodes as they were known."""
        return self.source.nodes(ids, known_at=self.known_at) if ids else []

    def links_to(self, ids: Sequence[NodeId], link: Link) -> list[LinkRow]:
        """The links of one type that enter these nodes."""
        return self.source.links_to(ids, link) if ids else []

    def edges(self, ids: Sequence[NodeId], way: Direction) -> FlowRows:
        """The edges at nodes, each as long as it may have passed."""
        if not ids:
            return FlowRows()
        return self._then(self.source.edges(ids, way, known_at=self.known_at).rows)

    def stays_at(self, places: Sequence[NodeId], span: Span) -> FlowRows:
        """What may have been kept at places within a span."""
        since = None if span.since == BEGIN else span.since - self.most
        until = None if span.until == END else span.until + self.most
        return self._then(self.source.stays_at(places, since, until, known_at=self.known_at))

    def opened_at(self, places: Sequence[NodeId], span: Span) -> FlowRows:
        """The stays at places that ended before a span, of what may have been opened there."""
        if span.since == BEGIN:
            return FlowRows()
        before, slack = span.since - self.most, 2 * self.most
        return self._then(self.source.opened_at(places, before, slack, known_at=self.known_at))

    def stays_of(self, ids: Sequence[NodeId]) -> FlowRows:
        """Where these nodes were kept, each as long as it may have been."""
        return self._then(self.source.stays(ids, known_at=self.known_at))

    def earliest_ends(
        self, rows: FlowRows, opens: Sequence[int], closes: Sequence[int]
    ) -> list[int]:
        """When each edge that lasts may have ended at the earliest; END if it did not.

        ``opens`` and ``closes`` are their windows by clocks that may be off.
        """
        lasting = {
            node for node, flow in zip(rows.source, rows.type, strict=True) if flow in LASTING
        }
        told: Mapping[str, int] = {}
        if lasting:
            told = self.source.earliest_ends(sorted(lasting), known_at=self.known_at)
        return [
            self._earliest(rows, i, Span(opens[i], closes[i]), told.get(edge_id))
            for i, edge_id in enumerate(rows.edge_id)
        ]

    def _earliest(self, rows: FlowRows, i: int, span: Span, told: int | None) -> int:
        more = self.slack.get(rows.source_system[i], 0)
        is_wrong = span.until == END and rows.valid_to[i] is not None
        if told is None or is_wrong or (self.until is not None and told - more > self.until):
            return END if span.until == END else span.until - 2 * more
        return min(max(span.since, told - more), span.until)

    def _then(self, rows: FlowRows) -> FlowRows:
        return as_of(widen(rows, self.slack) if self.slack and rows.type else rows, self.until)

    def lasted(self, row: NodeRow, begin: str, end: str) -> Span:
        """From when until when something may have lasted, by two times of a node."""
        opens, closes = lasted(row.properties, begin, end)
        return Span(
            opens if opens == BEGIN else opens - self.most,
            closes if closes == END else closes + self.most,
        )


def lasted(properties: Mapping[str, datetime], begin: str, end: str) -> Span:
    """From when until when something may have lasted, by clocks that are right.

    An end before its start is a wrong entry, and counts as not known.
    """
    since = properties.get(begin)
    ends = (properties.get(name) for name in (latest_of(end), end))
    until = next((moment for moment in ends if moment), None)
    if since is not None and until is not None and until < since:
        until = None
    return Span(
        BEGIN if since is None else to_micros(since),
        END if until is None else to_micros(until),
    )


def moment_of(rows: FlowRows, i: int, opens: int, closes: int) -> Span:
    """When a movement took place; of what lasts, when it began."""
    if rows.type[i] in LASTING:
        at = rows.occurred_at[i]
        return Span(opens, closes if at is None else max(opens, at))
    return Span(opens, closes)


def there(node: NodeId, span: Span, place: str | None = None) -> Seed:
    """A node from which a trace starts for what happened to it in a span, at a place if told."""
    since, until = (None if at in (BEGIN, END) else at for at in span)
    return Seed(node, 0, since, until, None if place is None else NodeId(place))
