"""The best paths by which a trace reached a node: shortest first, then by time, unknown first.

Every path is the witness of a trace (``genealogy.trace.run``) from which the paths found
before are left out, so what is a possible path is said in one place only. They are left
out part by part, as Yen and Lawler do: by the point at which a path leaves those
that are known, the choice of its seed being the first. No path comes to a node twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from genealogy.errors import NotFound
from genealogy.model.facts import NodeId
from genealogy.model.times import to_micros
from genealogy.ports import Direction, FlowSource
from genealogy.trace.result import Trace, TraceQuery
from genealogy.trace.run import trace as run_trace
from genealogy.trace.run import with_unrecorded
from genealogy.trace.seeds import Found
from genealogy.trace.signs import HOLDS
from genealogy.trace.windows import BEGIN
from genealogy.trace.witness import Hop, hops

Path = tuple[Hop, ...]
_Ranked = tuple[int, int, tuple[str, ...], int]
#: The branch before the first movement: another seed.
_SEED = -1


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
    _alive: set[int] = field(default_factory=set)
    _place: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # One for all traces, so that what is left out changes no flow that nobody recorded.
        self.whole = with_unrecorded(self.source, self.trace.query)

    def paths(self, count: int) -> list[Path]:
        """The best paths, in order."""
        first = hops(self.trace, self.node_id, self.direction)
        if count < 2 or not first:
            return [first]
        self._look()
        self._propose(first, _SEED)
        while self._next and len(self.found) < count:
            _, at = heappop(self._next)
            path, branch = self._known[at]
            straight = _straight(path)
            # Round by another part of its node, a shortest way may come to it twice.
            if straight == len(path) or not self.found:
                self.found.append(path)
            self._branch_at_each(path, range(branch, min(straight + 1, len(path))))
        return self.found

    def _look(self) -> None:
        """Note where edges lie, and which of them can be on a path to the node."""
        edges = self.trace.edges
        for i, (source, target) in enumerate(zip(edges.source, edges.target, strict=True)):
            self._at[source].append(i)
            self._at[target].append(i)
        self._place = {edge_id: i for i, edge_id in enumerate(edges.edge_id)}
        self._alive = self._leading()

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

    def _branch_at_each(self, path: Path, lengths: Iterable[int]) -> None:
        """Propose the best paths that leave one at a node of it, or set out elsewhere."""
        for length in lengths:
            if length == _SEED:
                seeds = {known[0].before for known, _ in self._known}
                self._add(self._shortest(self._without(seeds), self._alive), _SEED)
            elif self._parts_at(path[length]):
                self._branch(path[0].before, path[:length])

    def _parts_at(self, hop: Hop) -> bool:
        """Whether another way leads on from where a path goes on; most nodes have but one."""
        edges, alive = self.trace.edges, self._alive
        near = edges.source if self.direction == "forward" else edges.target
        return any(
            i != hop.edge and i in alive and (near[i] == hop.before or edges.type[i] in HOLDS)
            for i in self._at[hop.before]
        )

    def _branch(self, seed: NodeId, root: Path) -> None:
        """Propose the best path that begins so and goes on as none does that is known."""
        off = {
            path[len(root)].edge
            for path, _ in self._known
            if path[0].before == seed and path[: len(root)] == root and len(path) > len(root)
        }
        for hop in root:
            off.update(self._at[hop.before])
        off.difference_update(hop.edge for hop in root)
        path = self._shortest(self._from(seed), self._alive - off)
        if path and path[: len(root)] == root:
            self._add(path, len(root))

    def _shortest(self, asked: tuple[TraceQuery, Found], on: AbstractSet[int]) -> Path | None:
        found = self._walked(asked, on)
        try:
            path = hops(found, self.node_id, self.direction) if found else ()
        except NotFound:
            return None
        ids = (found.edges.edge_id[hop.edge] for hop in path) if found else ()
        places = map(self._place.__getitem__, ids)
        return tuple(replace(hop, edge=place) for hop, place in zip(path, places, strict=True))

    def _walked(self, asked: tuple[TraceQuery, Found], on: AbstractSet[int]) -> Trace | None:
        """The trace by some edges alone; null for one without a seed."""
        query, found = asked
        if not query.seeds and not found.seeds:
            return None
        ids = self.trace.edges.edge_id
        only = frozenset(ids[i] for i in on)
        return run_trace(self.whole, query, unrecorded=False, found=found, only=only)

    def _from(self, seed: NodeId) -> tuple[TraceQuery, Found]:
        """The question from one seed; those found in windows count only by these."""
        query, found = self._asked()
        if seed in query.seeds:
            return replace(query, seeds=(seed,), windows=()), Found()
        seeds = tuple(one for one in found.seeds if one.node_id == seed)
        return replace(query, seeds=()), Found(seeds)

    def _without(self, seeds: AbstractSet[NodeId]) -> tuple[TraceQuery, Found]:
        """The question from all other seeds."""
        query, found = self._asked()
        others = tuple(seed for seed in query.seeds if seed not in seeds)
        return replace(query, seeds=others), Found(
            tuple(one for one in found.seeds if one.node_id not in seeds)
        )

    def _asked(self) -> tuple[TraceQuery, Found]:
        """The question in this direction, and the seeds that were found for its windows."""
        # Not found anew: without some of the flows others would be found.
        direction, found = self.direction, Found(self.trace.seeds)
        asked = replace(self.trace.query, direction=direction, quantities=False, dilution=None)
        return asked, found

    def _add(self, path: Path | None, branch: int) -> None:
        if path:
            self._propose(path, branch)

    def _propose(self, path: Path, branch: int) -> None:
        self._known.append((path, branch))
        heappush(self._next, (self._rank(path), len(self._known) - 1))

    def _rank(self, path: Path) -> _Ranked:
        ids = tuple(self.trace.edges.edge_id[hop.edge] for hop in path)
        return len(path), self._moment(path), ids, len(self._known)

    def _moment(self, path: Path) -> int:
        """When the material can have been there first by this path alone (backward: last)."""
        found = self._walked(self._from(path[0].before), {hop.edge for hop in path})
        sign = 1 if self.direction == "forward" else -1
        reached = found.reached if found else ()
        at = (r.exposure for r in reached if r.node_id == self.node_id)
        return min((sign * to_micros(moment) for moment in at if moment), default=BEGIN)


def _straight(path: Path) -> int:
    """After how many movements a path comes to a node for the second time; else all of them."""
    seen = {path[0].before}
    for length, hop in enumerate(path):
        if hop.after in seen:
            return length
        seen.add(hop.after)
    return len(path)
