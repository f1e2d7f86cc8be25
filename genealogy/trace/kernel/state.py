"""The columns that the walk reads and writes."""

from __future__ import annotations

from typing import Any, NamedTuple

#: A list, a bytearray or an array of numbers.
Column = Any

#: What is counted in ``tally``: labels, labels to extend, plain arrivals, other
#: arrivals, labels made before that come in now, nodes reached, edges walked,
#: intervals, labels not extended, nodes at which to stop, and other arrivals ever.
LABELS, FRONTIER, PLAIN, BOXED, GIVEN, REACHED, FOUND, SPANS, HALTED, STOPS, OTHERS = range(11)
#: How far a round has come that had to wait for room: labels of the frontier that were
#: extended, room wanted for arrivals in pieces, and whether all was extended.
NEXT, WANTED, EXTENDED = range(11, 14)
COUNTS = 14


class Ways(NamedTuple):
    """The graph in one direction: rows of nodes, ends and windows of edges.

    ``name`` orders nodes as their ids do. ``earliest`` and ``latest`` stand for no
    known limit.
    """

    begin: Column
    split: Column
    stop: Column
    mark: Column
    name: Column
    head: Column
    opens: Column
    closes: Column
    sign: Column
    careful: Column
    earliest: int
    latest: int
    backward: bool
    exact: bool


class Run(NamedTuple):
    """What a walk has come to know.

    By node: earliest start of rays and of what only passes, label and round by which
    it was first reached, its place among the plain arrivals of this round, edges that
    are settled, its intervals, and whether to stop there. Then the labels, the labels
    to extend, arrivals of this round, nodes and edges in the order in which they were
    first come to, and intervals as linked lists.
    """

    arrival: Column
    passing: Column
    first: Column
    distance: Column
    pending: Column
    settled: Column
    span: Column
    cursor: Column
    shut: Column
    node: Column
    start: Column
    end: Column
    edge: Column
    before: Column
    inward: Column
    frontier: Column
    given: Column
    halted: Column
    plain_node: Column
    plain_edge: Column
    plain_label: Column
    box_node: Column
    box_start: Column
    box_end: Column
    box_edge: Column
    box_label: Column
    box_ends: Column
    reached: Column
    kept: Column
    found: Column
    near: Column
    span_start: Column
    span_end: Column
    span_next: Column
