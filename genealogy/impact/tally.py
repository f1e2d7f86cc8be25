"""Which cases each candidate is upstream of, and how near: counted trace by trace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from genealogy.impact.attributes import TIMED, Attribute, Traits, of_edges, traits
from genealogy.impact.stretches import Passage
from genealogy.model.facts import NodeId
from genealogy.model.identifiers.forms import PREFIXES
from genealogy.model.names import Label
from genealogy.ports import FlowRows, FlowSource, NodeRow
from genealogy.trace.result import Trace


@dataclass(slots=True)
class Tally:
    """Counts over the traces of all cases; sets of cases are bits, the bad ones lowest.

    ``upstream`` holds the cases of each candidate, ``distance`` the sum over the bad ones
    of the flow edges to the nearest node that has it; ``over`` holds the cases of each edge.
    """

    nodes: Mapping[NodeId, NodeRow]
    edges: FlowRows
    traits: Traits
    bad: int
    upstream: dict[Attribute, int] = field(default_factory=lambda: defaultdict(int))
    distance: dict[Attribute, int] = field(default_factory=lambda: defaultdict(int))
    over: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @classmethod
    def of(
        cls, source: FlowSource, union: Trace, nodes: Mapping[NodeId, NodeRow], bad: int
    ) -> Tally:
        """An empty tally for the nodes of the trace of all cases together."""
        reached = {node_id: nodes[node_id] for node_id in union.node_ids() if node_id in nodes}
        return cls(nodes, union.edges, traits(source, reached, union.edges), (1 << bad) - 1)

    def count(self, case: int, found: Trace) -> None:
        """Count the trace of one case."""
        bit = 1 << case
        for edge_id in found.edges.edge_id:
            self.over[edge_id] |= bit
        for attribute, distance in self._nearest(found).items():
            self.upstream[attribute] |= bit
            if bit & self.bad:
                self.distance[attribute] += distance

    def _nearest(self, found: Trace) -> dict[Attribute, int]:
        """Every candidate in a trace, and the least distance at which it has it."""
        nearest: dict[Attribute, int] = {}
        distance: dict[NodeId, int] = {}
        # In order of distance, so that the first is the nearest.
        for reached in found.reached:
            distance[reached.node_id] = reached.distance
            for attribute in self.of_node(reached.node_id):
                nearest.setdefault(attribute, reached.distance)
        for i, attribute in of_edges(found.edges):
            far = distance[found.edges.source[i]]
            nearest[attribute] = min(nearest.get(attribute, far), far)
        return nearest

    def of_node(self, node_id: NodeId) -> Iterator[Attribute]:
        """The candidates that a node is or has; a supplier is told by what it supplied."""
        row = self.nodes.get(node_id)
        if row is not None and row.kind != Label.PARTY:
            yield Attribute(PREFIXES[Label(row.kind)], node_id)
        yield from self.traits.attributes.get(node_id, ())

    def passages(self) -> dict[Attribute, list[Passage]]:
        """What passed each thing of which a stretch of time may be the cause."""
        found: dict[Attribute, list[Passage]] = defaultdict(list)
        for node_id, attributes in self.traits.attributes.items():
            if node_id in self.traits.spans:
                cases = self.cases_at(node_id)
                for attribute in attributes:
                    if attribute.kind in TIMED:
                        found[attribute].append(Passage(*self.traits.spans[node_id], cases))
        for i, attribute in of_edges(self.edges):
            at = self.edges.occurred_at[i]
            if attribute.kind in TIMED and at is not None:
                found[attribute].append(Passage(at, at, self.over[self.edges.edge_id[i]]))
        return found

    def carriers(self) -> set[NodeId]:
        """Nodes that came out of one that is upstream of the very same cases.

        A batch is none: it is where something may go wrong, whatever went in.
        """
        return {
            target
            for source, target in zip(self.edges.source, self.edges.target, strict=True)
            if self._may_carry(source) and self._may_carry(target)
            if self.nodes[target].kind != Label.BATCH
            if self.cases_at(source) == self.cases_at(target)
        }

    def _may_carry(self, node_id: NodeId) -> bool:
        return node_id in self.nodes and self.nodes[node_id].kind != Label.PARTY

    def cases_at(self, node_id: NodeId) -> int:
        """The cases that a node is upstream of."""
        own = Attribute(PREFIXES[Label(self.nodes[node_id].kind)], node_id)
        return self.upstream.get(own, 0)
