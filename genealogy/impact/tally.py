"""Which cases each candidate is upstream of, and how near: counted cone by cone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from genealogy.impact.attributes import TIMED, Attribute, Traits, of_edges, traits
from genealogy.impact.cases import Case
from genealogy.impact.cones import Cone
from genealogy.impact.lists import Ints, Lists
from genealogy.impact.presence import Presence
from genealogy.impact.stretches import Passage
from genealogy.model.facts import NodeId
from genealogy.model.identifiers.forms import PREFIXES
from genealogy.model.names import Label
from genealogy.ports import FlowRows, FlowSource, NodeRow
from genealogy.trace.result import Completeness, Trace

_WORD = 64
_FAR = np.iinfo(np.int64).max


@dataclass(slots=True)
class Tally:
    """Counts over the traces of all cases; sets of cases are bits, the bad ones lowest.

    ``upstream`` holds the cases of each candidate, ``distance`` the sum over the bad ones
    of the flow edges to the nearest node that has it; ``over`` holds the cases of each edge,
    ``presence`` when they were where.
    """

    nodes: Mapping[NodeId, NodeRow]
    edges: FlowRows
    traits: Traits
    presence: Presence
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
        known = traits(source, reached, union.edges, union.query)
        presence = Presence.of(list(union.node_ids()), union.edges, known.kept, union.query.mode)
        return cls(nodes, union.edges, known, presence, (1 << bad) - 1)

    def count(
        self, union: Trace, cones: Iterable[Cone], cases: Sequence[Case]
    ) -> Iterator[Completeness]:
        """Count the cones of these cases, and say what each lacks; done when all are taken."""
        counting = _Counting.of(self, list(union.node_ids()), len(cases))
        for number, (case, cone) in enumerate(zip(cases, cones, strict=True)):
            counting.count(number, cone, is_bad=bool(self.bad >> number & 1))
            self.presence.count(number, cone, case.known_by)
            yield cone.completeness
        for candidate, held in enumerate(_sets(counting.cases)):
            if held:
                self.upstream[counting.candidates[candidate]] = held
                self.distance[counting.candidates[candidate]] = int(counting.distance[candidate])
        self.over.update(zip(self.edges.edge_id, _sets(counting.over), strict=True))

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
        for i, attribute in of_edges(self.edges, self.traits.kept.places):
            at = self.edges.occurred_at[i]
            if attribute.kind in TIMED and at is not None:
                found[attribute].append(Passage(at, at, self.over[self.edges.edge_id[i]]))
        return found

    def carriers(self) -> set[NodeId]:
        """Nodes that came out of one that is upstream of the very same cases.

        A batch is none: it is where something may go wrong, whatever went in.
        """
        held = {
            node_id: self.cases_at(node_id)
            for node_id, row in self.nodes.items()
            if row.kind != Label.PARTY
        }
        return {
            target
            for source, target in zip(self.edges.source, self.edges.target, strict=True)
            if source in held and target in held and held[source] == held[target]
            if self.nodes[target].kind != Label.BATCH
        }

    def cases_at(self, node_id: NodeId) -> int:
        """The cases that a node is upstream of."""
        own = Attribute(PREFIXES[Label(self.nodes[node_id].kind)], node_id)
        return self.upstream.get(own, 0)


@dataclass(slots=True)
class _Counting:
    """Counts in columns: by candidate its cases and distances, and by edge its cases.

    ``at_node`` are the candidates of each node, ``at_edge`` of each edge.
    """

    candidates: list[Attribute]
    at_node: Lists
    at_edge: Lists
    source: Ints
    cases: Ints
    distance: Ints
    over: Ints
    nearest: Ints
    far: Ints

    @classmethod
    def of(cls, tally: Tally, nodes: Sequence[NodeId], cases: int) -> _Counting:
        """Nothing counted yet; ``nodes`` are those of the union, in order."""
        number: dict[Attribute, int] = {}
        at_node = Lists.of(
            [number.setdefault(held, len(number)) for held in tally.of_node(node_id)]
            for node_id in nodes
        )
        stated: list[list[int]] = [[] for _ in tally.edges.edge_id]
        for edge, attribute in of_edges(tally.edges, tally.traits.kept.places):
            stated[edge].append(number.setdefault(attribute, len(number)))
        place = {node_id: at for at, node_id in enumerate(nodes)}
        source = np.array([place[node_id] for node_id in tally.edges.source], dtype=np.int64)
        words = -(-cases // _WORD)
        held, over = (np.zeros((n, words), dtype=np.uint64) for n in (len(number), len(source)))
        distance = np.zeros(len(number), dtype=np.int64)
        nearest, far = np.full(len(number), _FAR), np.zeros(len(nodes), dtype=np.int64)
        return cls(
            list(number), at_node, Lists.of(stated), source, held, distance, over, nearest, far
        )

    def count(self, case: int, cone: Cone, *, is_bad: bool) -> None:
        """Count the cone of one case."""
        column, bit = case // _WORD, np.uint64(1 << case % _WORD)
        self.over[cone.edges, column] |= bit
        at, held = self.at_node.of_all(cone.nodes)
        # The last of what is written to a place stays: here the nearest.
        self.nearest[held[::-1]] = cone.distance[at][::-1]
        self.far[cone.nodes] = cone.distance
        at, stated = self.at_edge.of_all(cone.edges)
        np.minimum.at(self.nearest, stated, self.far[self.source[cone.edges[at]]])
        found = np.unique(np.concatenate((held, stated)))
        self.cases[found, column] |= bit
        if is_bad:
            self.distance[found] += self.nearest[found]
        self.nearest[found] = _FAR


def _sets(rows: Ints) -> Iterator[int]:
    """Each row of bits as one number."""
    return (int.from_bytes(row.tobytes(), "little") for row in rows.astype("<u8", copy=False))
