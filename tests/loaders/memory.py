"""A graph in memory that folds facts: what loaders write, to look at and to compare."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from genealogy.model.facts import Fact, FlowFact, LinkFact, NodeFact, Written


@dataclass
class MemoryGraph:
    """Keeps every distinct statement."""

    nodes: dict[str, list[NodeFact]] = field(default_factory=dict)
    flows: dict[str, list[FlowFact]] = field(default_factory=dict)
    links: set[tuple[str, str, str, str | None]] = field(default_factory=set)
    batches: list[int] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)

    def write(self, facts: Iterable[Fact]) -> Written:
        told = list(facts)
        self.batches.append(len(told))
        return sum((self._fold(fact) for fact in told), Written())

    def stream(self, batches: Iterable[Sequence[Fact]]) -> Generator[Written, None, None]:
        return (self.write(batch) for batch in batches)

    @contextmanager
    def loading(self, source: str) -> Iterator[None]:
        self.unfinished.append(source)
        yield
        self.unfinished = [other for other in self.unfinished if other != source]

    def _fold(self, fact: Fact) -> Written:
        if isinstance(fact, NodeFact):
            return self._keep(self.nodes.setdefault(fact.node_id, []), fact, "nodes")
        if isinstance(fact, FlowFact):
            return self._keep(self.flows.setdefault(fact.fact_id, []), fact, "flows")
        return self._link(fact)

    def _keep(self, known: list[Any], fact: Any, kind: str) -> Written:
        if any(stated(fact) == stated(other) for other in known):
            return Written(unchanged=1)
        known.append(fact)
        return Written(**{f"{kind}_{'new' if len(known) == 1 else 'changed'}": 1})

    def _link(self, fact: LinkFact) -> Written:
        key = (fact.type, fact.source_id, fact.target_id, fact.part)
        new = key not in self.links
        self.links.add(key)
        return Written(links_new=1) if new else Written(unchanged=1)

    def flow_list(self) -> list[FlowFact]:
        """Every flow fact, each version once."""
        return [fact for versions in self.flows.values() for fact in versions]

    def properties(self, node_id: str) -> Mapping[str, Any]:
        """What is said of one node, all statements together."""
        return {k: v for fact in self.nodes[node_id] for k, v in fact.properties.items()}

    def roles(self, node_id: str) -> set[str]:
        """The parts one node plays."""
        return {role for fact in self.nodes[node_id] for role in fact.roles}

    def state(self) -> tuple[Any, ...]:
        """All that was stated, in one order, without where it was read.

        A part that a node plays is the node's, whichever statement gave it.
        """
        nodes = {
            k: (sorted({repr(stated(replace(f, roles=()))) for f in v}), sorted(self.roles(k)))
            for k, v in sorted(self.nodes.items())
        }
        flows = {k: sorted({repr(stated(f)) for f in v}) for k, v in sorted(self.flows.items())}
        return nodes, flows, sorted(self.links, key=str)


def stated(fact: NodeFact | FlowFact) -> tuple[Any, ...]:
    """What a fact says, apart from where it was read."""
    if isinstance(fact, FlowFact):
        names = [n for n in FlowFact.__slots__ if n not in ("source",)]
        return tuple(getattr(fact, name) for name in names)
    said = tuple(sorted((k, repr(v)) for k, v in fact.properties.items()))
    return fact.label, fact.node_id, fact.roles, said, fact.identifiers, fact.recorded_at
