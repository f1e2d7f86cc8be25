"""When things left a place: by themselves, or inside of what they were packed in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from genealogy.model.facts import NodeId
from genealogy.model.names import INTO_SHIPMENT, Flow, Label
from genealogy.ports import FlowRows
from genealogy.trace.columns import append, joined
from genealogy.trace.spans import Records, Span, moment_of
from genealogy.trace.windows import END, windows

#: What holds something until it is taken out again.
PACKED = frozenset({Flow.CONTAINED_IN, Flow.PART_OF})
_LEAVING = INTO_SHIPMENT | {Flow.CONSUMED_BY, Flow.LOADED_INTO, Flow.STORED_AT}


class Left(NamedTuple):
    """That something was taken away or used, or was elsewhere, at some moment in a span.

    ``target`` is where it went; the rest is of the edge by which it was moved, or packed
    into what was moved.
    """

    moment: Span
    target: NodeId
    type: str
    edge_id: str
    place: str | None
    quantity: str | None


class _Packed(NamedTuple):
    """That something was inside for certain, from a moment until before another."""

    node: NodeId
    since: int
    until: int
    edge: int


@dataclass(frozen=True, slots=True)
class Leaving:
    """What became of some nodes: every edge that leaves them, and how each left."""

    out: FlowRows
    left: Mapping[NodeId, Collection[Left]]

    def first(self, node: NodeId, since: int, came_in: NodeId | None = None) -> int:
        """By when a thing that was at the place had left it; END if nobody says.

        Loaded into what it ``came_in`` it did not leave.
        """
        return min(
            (
                left.moment.until
                for left in self.left.get(node, ())
                if left.moment.since >= since and left.target != came_in
            ),
            default=END,
        )


#: Where nothing is known of what left.
NOTHING_LEFT = Leaving(FlowRows(), {})


def read_leaving(records: Records, nodes: Iterable[NodeId], places: Collection[NodeId]) -> Leaving:
    """How these nodes left places, with all that they were ever packed in."""
    out, known, new = FlowRows(), set[NodeId](), sorted(set(nodes))
    while new:
        rows = records.edges(new, "forward")
        append(out, rows)
        known.update(new)
        ends = zip(rows.target, rows.type, strict=True)
        new = sorted({target for target, flow in ends if flow in PACKED} - known)
    stays = records.stays_of(sorted(known)) if known else FlowRows()
    left = defaultdict[NodeId, set[Left]](set)
    for node, one in _own(joined(out, stays), places):
        left[node].add(one)
    _add_carried(left, out, list(_packed(records, out)))
    return Leaving(out, left)


def _own(rows: FlowRows, places: Collection[NodeId]) -> Iterator[tuple[NodeId, Left]]:
    """What moved by itself, but for what stayed here or was moved elsewhere."""
    opens, closes = windows(rows, ())
    for i, flow in enumerate(rows.type):
        if flow not in _LEAVING:
            continue
        place = rows.target[i] if flow == Flow.STORED_AT else rows.place_id[i]
        if place is not None and (place in places) == (flow == Flow.STORED_AT):
            continue
        yield rows.source[i], _left(rows, i, moment_of(rows, i, opens[i], closes[i]))


def _left(rows: FlowRows, i: int, moment: Span, target: NodeId | None = None) -> Left:
    return Left(
        moment,
        target or rows.target[i],
        rows.type[i],
        rows.edge_id[i],
        rows.place_id[i],
        rows.base_quantity[i],
    )


def _packed(records: Records, rows: FlowRows) -> Iterator[_Packed]:
    """What was inside of what; of a lot, what was built in is not the lot any more."""
    built = {n for n, flow in zip(rows.source, rows.type, strict=True) if flow == Flow.PART_OF}
    kinds = records.source.kinds(sorted(built)) if built else {}
    opens, closes = windows(rows, ())
    ends = records.earliest_ends(rows, opens, closes)
    for i, flow in enumerate(rows.type):
        node = rows.source[i]
        if flow in PACKED and (flow != Flow.PART_OF or kinds.get(node) != Label.LOT):
            yield _Packed(node, moment_of(rows, i, opens[i], closes[i]).until, ends[i], i)


def _add_carried(
    left: dict[NodeId, set[Left]], rows: FlowRows, packed: Collection[_Packed]
) -> None:
    """Let what was packed leave with what it was in."""
    inside = defaultdict[NodeId, list[_Packed]](list)
    for one in packed:
        inside[rows.target[one.edge]].append(one)
    new = [(holder, gone) for holder, some in left.items() for gone in some]
    while new:
        holder, gone = new.pop()
        for one in inside[holder]:
            if not one.since <= gone.moment.since or not gone.moment.until < one.until:
                continue
            carried = _left(rows, one.edge, gone.moment, gone.target)
            if carried not in left.setdefault(one.node, set()):
                left[one.node].add(carried)
                new.append((one.node, carried))
