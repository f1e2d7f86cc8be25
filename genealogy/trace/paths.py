"""The best paths by which a trace reached a node: shortest first, then by time, unknown first.

Every path is the witness of a trace (``genealogy.trace.run``) from which the paths found
before are left out, so what is a possible path is said in one place only. They are left
out part by part, as Yen and Lawler do: by the point at which a path leaves those
that are known. No path comes to a node twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from genealogy.errors import NotFound
from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, VesselPolicy
from genealogy.model.times import to_micros
from genealogy.ports import Direction, FlowSource
from genealogy.trace.result import Trace, TraceQuery
from genealogy.trace.revised import HOLDS, RevisedFlows
from genealogy.trace.run import trace as run_trace
from genealogy.trace.run import with_unrecorded
from genealogy.trace.seeds import Found
from genealogy.trace.windows import BEGIN
from genealogy.trace.witness import Hop, hops

Path = tuple[Hop, ...]
_Ranked = tuple[int, int, tuple[str, ...], int]
_VESSEL = {Flow.LOADED_INTO: "target", Flow.DRAWN_FROM: "source"}


def best_paths(
    source: FlowSource, trace: Trace, node_id: NodeId, direction: Direction, count: int
) -> list[Path]:
    """Up to so many paths from a seed to a node, the witness first.

    They hold positions in the edges of the trace. Raises NotFound for a node that was
    not reached in that direction.
    """
    search = _Search(source, trace, node_id, direction)
    return search.paths(count)


@dataclass(slots=True)
class _Search:
    """Paths found so far, and those that may come next."""

    source: FlowSource
    trace: Trace
    node_id: NodeId
    direction: Direction
    whole: FlowSource = field(init=False)
    found: list[Path] = field(default_factory=list)
    _next: list[tuple[_Ranked, int]] = field(default_factory=list)
    _known: list[tuple[Path, int]] = field(default_factory=list)
    _at: dict[NodeId, list[int]] = field(default_factory=lambda: defaultdict(list))
    _dead: set[int] = field(default_factory=set)
    _place: dict[str, int] = field(default_factory=dict)
    _fixed: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        # One for all traces, so that what is left out changes no flow that nobody recorded.
        self.whole = with_unrecorded(self.source, self.trace.query)

    def paths(self, count: int) -> list[Path]:
        """The best paths, in order."""
        first = hops(self.trace, self.node_id, self.direction)
        if count < 2 or not first:
            return [first]
        self._look()
        self._propose(first, 0)
        while self._next and len(self.found) < count:
            _, at = heappop(self._next)
            path, branch = self._known[at]
            self.found.append(path)
            for length in range(branch, len(path)):
                self._branch(path[:length])
        return self.found

    def _look(self) -> None:
        """Note where edges lie, and which of them cannot be on a path to the node."""
        edges = self.trace.edges
        for i, (source, target) in enumerate(zip(edges.source, edges.target, strict=True)):
            self._at[source].append(i)
            self._at[target].append(i)
        self._place = {edge_id: i for i, edge_id in enumerate(edges.edge_id)}
        self._fixed = frozenset(self._of_ordered_vessels())
        self._dead = set(range(len(edges.edge_id))) - self._leading()

    def _leading(self) -> set[int]:
        """The edges from which the node can be reached if times are left aside."""
        edges, seen, leading = self.trace.edges, {self.node_id}, set[int]()
        pending = [self.node_id]
        back = edges.source if self.direction == "forward" else edges.target
        ahead = edges.target if self.direction == "forward" else edges.source
        while pending:
            node = pending.pop()
            for i in self._at[node]:
                if ahead[i] != node and edges.type[i] not in HOLDS:
                    continue
                leading.add(i)
                other = back[i] if ahead[i] == node else ahead[i]
                if other not in seen:
                    seen.add(other)
                    pending.append(other)
        return leading

    def _of_ordered_vessels(self) -> Iterator[int]:
        """The edges at vessels in which the order of all moves tells what is in a draw."""
        edges = self.trace.edges
        at = {
            i: getattr(edges, _VESSEL[Flow(flow)])[i]
            for i, flow in enumerate(edges.type)
            if flow in _VESSEL
        }
        told = self.source.vessels(sorted(set(at.values())), known_at=self.trace.query.known_at)
        mixed = VesselPolicy.FULL_MIX
        return (i for i, node in at.items() if node in told and told[node].policy != mixed)

    def _branch(self, root: Path) -> None:
        """Propose the best path that begins so and goes on as none does that is known."""
        taken = {path[len(root)].edge for path, _ in self._known if path[: len(root)] == root}
        off = self._dead | taken
        for hop in root:
            off.update(self._at[hop.before])
        off.difference_update(hop.edge for hop in root)
        path = self._shortest(root, off - self._fixed)
        if path and path[: len(root)] == root and path[len(root)].edge not in taken:
            nodes = [path[0].before, *(hop.after for hop in path)]
            if len(set(nodes)) == len(nodes):
                self._propose(path, len(root))

    def _shortest(self, root: Path, off: set[int]) -> Path | None:
        ids = self.trace.edges.edge_id
        source = RevisedFlows(self.whole, frozenset(ids[i] for i in off))
        query, seeds = self._from(root[0].before) if root else self._asked()
        found = run_trace(source, query, unrecorded=False, found=seeds)
        try:
            path = hops(found, self.node_id, self.direction)
        except NotFound:
            return None
        ids = [found.edges.edge_id[hop.edge] for hop in path]
        if any(edge_id not in self._place for edge_id in ids):
            # By way of what was left out of the trace as diluted.
            return None
        places = map(self._place.__getitem__, ids)
        return tuple(replace(hop, edge=place) for hop, place in zip(path, places, strict=True))

    def _from(self, seed: NodeId) -> tuple[TraceQuery, Found]:
        """The question from one seed; those found in windows count only by these."""
        query, found = self._asked()
        if seed in query.seeds:
            return replace(query, seeds=(seed,), windows=()), Found()
        seeds = tuple(one for one in found.seeds if one.node_id == seed)
        return replace(query, seeds=()), Found(seeds)

    def _asked(self) -> tuple[TraceQuery, Found]:
        """The question in this direction, and the seeds that were found for its windows."""
        # Not found anew: without some of the flows others would be found.
        direction, found = self.direction, Found(self.trace.seeds)
        asked = replace(self.trace.query, direction=direction, quantities=False, dilution=None)
        return asked, found

    def _propose(self, path: Path, branch: int) -> None:
        self._known.append((path, branch))
        heappush(self._next, (self._rank(path), len(self._known) - 1))

    def _rank(self, path: Path) -> _Ranked:
        ids = tuple(self.trace.edges.edge_id[hop.edge] for hop in path)
        return len(path), self._moment(path), ids, len(self._known)

    def _moment(self, path: Path) -> int:
        """When the material can have been there first by this path alone (backward: last)."""
        on_it = {hop.edge for hop in path} | self._fixed
        off = {i for i in range(len(self.trace.edges.edge_id)) if i not in on_it}
        ids = self.trace.edges.edge_id
        source = RevisedFlows(self.whole, frozenset(ids[i] for i in off))
        query, seeds = self._from(path[0].before)
        found = run_trace(source, query, unrecorded=False, found=seeds)
        sign = 1 if self.direction == "forward" else -1
        at = (r.exposure for r in found.reached if r.node_id == self.node_id)
        return min((sign * to_micros(moment) for moment in at if moment), default=BEGIN)
