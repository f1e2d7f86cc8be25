"""What lies upstream of each of many cases, as places in what lies upstream of them all.

The trace of all cases at once holds every node and edge of those of the single cases. So
these need no objects of their own: columns of places in it are enough to count by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from genealogy.impact.cases import Case, all_at_once
from genealogy.impact.reach import one_by_one, together
from genealogy.impact.shared import SharedFlows
from genealogy.model.facts import NodeId
from genealogy.model.times import to_micros
from genealogy.ports import FlowSource
from genealogy.snapshot.files import SnapshotDamaged
from genealogy.snapshot.flows import CopiedFlows
from genealogy.snapshot.reach import Reach, reach
from genealogy.snapshot.trace import trace as trace_on
from genealogy.trace.result import Completeness, Reached, Trace, TraceQuery
from genealogy.trace.walk import Progress
from genealogy.trace.windows import BEGIN, END

Ints = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Cone:
    """What the trace of one case found: nodes by rising distance, and edges.

    Both as places in the trace of all cases: among its nodes, each once, and its edges.
    ``latest`` is when each node contributed last (microseconds UTC); ``END`` where unknown.
    """

    nodes: Ints
    distance: Ints
    latest: Ints
    edges: Ints
    completeness: Completeness


class Cones(Protocol):
    """The traces of cases backward, and that of all of them at once."""

    @property
    def union(self) -> Trace:
        """The trace of all cases at once."""
        ...

    @property
    def flows(self) -> FlowSource:
        """What they were read from."""
        ...

    def each(self) -> Iterator[Cone]:
        """The cone of each case in order."""
        ...

    def traces(self, cases: Sequence[Case]) -> Iterator[Trace]:
        """The whole traces of some of the cases."""
        ...


class WalkedCones:
    """Cones by one reading of the graph."""

    def __init__(
        self,
        source: FlowSource,
        cases: Sequence[Case],
        terms: TraceQuery,
        progress: Progress | None = None,
    ) -> None:
        self.flows = self._shared = SharedFlows(source)
        self._cases, self._terms = cases, terms
        self._progress = progress
        self.union = together(self._shared, cases, terms, progress)

    def each(self) -> Iterator[Cone]:
        """The cone of each case in order."""
        node = {node_id: place for place, node_id in enumerate(self.union.node_ids())}
        edge = {edge_id: place for place, edge_id in enumerate(self.union.edges.edge_id)}
        return (cone_of(found, node, edge) for found in self.traces(self._cases))

    def traces(self, cases: Sequence[Case]) -> Iterator[Trace]:
        """The whole traces of some of the cases."""
        return one_by_one(self._shared, cases, self._terms, self._progress)


@dataclass(frozen=True, slots=True)
class CopiedCones:
    """Cones over a snapshot."""

    flows: CopiedFlows
    cases: Sequence[Case]
    terms: TraceQuery
    union: Trace
    whole: Reach
    progress: Progress | None = None

    @classmethod
    def over(
        cls,
        flows: CopiedFlows,
        cases: Sequence[Case],
        terms: TraceQuery,
        progress: Progress | None = None,
    ) -> CopiedCones | None:
        """Cones over a snapshot; null where it does not tell the answer by itself."""
        asked = all_at_once(cases, terms)
        union, whole = trace_on(flows, asked, progress=progress), reach(flows, asked)
        if union is None or whole is None:
            return None
        return cls(flows, cases, terms, union, whole, progress)

    def each(self) -> Iterator[Cone]:
        """The cone of each case in order."""
        node, edge = self._places()
        for case in self.cases:
            found = reach(self.flows, case.question(self.terms), progress=self.progress)
            assert found is not None, "what all cases reach at once can be told of each"
            [way] = found.ways
            latest = found.micros(way.exposure)
            latest[latest <= BEGIN] = END
            lacking = found.completeness
            yield Cone(node[way.nodes], way.distance, latest, edge[way.edges], lacking)

    def traces(self, cases: Sequence[Case]) -> Iterator[Trace]:
        """The whole traces of some of the cases."""
        for case in cases:
            found = trace_on(self.flows, case.question(self.terms), progress=self.progress)
            assert found is not None, "what all cases reach at once can be told of each"
            yield found

    def _places(self) -> tuple[Ints, Ints]:
        """By number of a node or an edge its place in the union."""
        [way], content = self.whole.ways, self.flows.content
        at_node = {node_id: place for place, node_id in enumerate(self.union.node_ids())}
        at_edge = {edge_id: place for place, edge_id in enumerate(self.union.edges.edge_id)}
        node = np.full(len(content.nodes), -1, dtype=np.int64)
        edge = np.full(len(content.forward.head), -1, dtype=np.int64)
        node[way.nodes] = [at_node[name] for name in self.whole.names(way.nodes).listed()]  # type: ignore[index]
        edge[way.edges] = [
            at_edge[name] for name in self.whole.records.columns(way.edges)["edge_id"]
        ]
        return node, edge


def cone_of(found: Trace, node: Mapping[NodeId, int], edge: Mapping[str, int]) -> Cone:
    """A trace as a cone, by the places of nodes and edges."""
    return Cone(
        np.array([node[one.node_id] for one in found.reached], dtype=np.int64),
        np.array([one.distance for one in found.reached], dtype=np.int64),
        np.array(list(map(_latest, found.reached)), dtype=np.int64),
        np.array([edge[edge_id] for edge_id in found.edges.edge_id], dtype=np.int64),
        found.completeness,
    )


def _latest(reached: Reached) -> int:
    return END if reached.exposure is None else to_micros(reached.exposure)


def cones(
    source: FlowSource,
    copied: CopiedFlows | None,
    cases: Sequence[Case],
    terms: TraceQuery,
    progress: Progress | None = None,
) -> Cones:
    """The cones of cases: from the snapshot where it tells them."""
    if copied is not None:
        # Its columns are all opened for the first trace.
        with suppress(SnapshotDamaged):
            if found := CopiedCones.over(copied, cases, terms, progress):
                return found
    return WalkedCones(source, cases, terms, progress)
