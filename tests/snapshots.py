"""Snapshots of facts in memory, as the store would make them of the same facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from genealogy.model.facts import Fact, FlowFact, NodeFact, NodeId
from genealogy.model.names import Label, Mixing
from genealogy.ports import DataState, NodeColumns
from genealogy.snapshot.content import Content
from genealogy.snapshot.make import Maker
from genealogy.snapshot.prepared import apart
from tests.fakes import MemoryFlows


def snapshot_of(facts: Iterable[Fact], watermark: int = 1) -> Content:
    """The snapshot of all flows in force among these facts."""
    facts = list(facts)
    source, nodes = MemoryFlows(facts), node_columns(facts)
    places = [n for n, kind in zip(nodes.node_id, nodes.kind, strict=True) if kind == Label.PLACE]
    maker = Maker(nodes, apart(source, places))
    maker.add(source.edges(maker.ids, "forward").rows)
    return maker.done(watermark)


def node_columns(facts: Iterable[Fact]) -> NodeColumns:
    """The nodes that facts tell of, the ends of flows among them."""
    told = [f for f in facts if isinstance(f, NodeFact)]
    kinds = {f.node_id: f.label for f in told}
    mixed = {f.node_id for f in told if f.properties.get("mixing") == Mixing.WHOLE}
    ids = sorted(kinds)
    return NodeColumns(ids, [str(kinds[n]) for n in ids], [n in mixed for n in ids])


class MemoryGraph(MemoryFlows):
    """A GraphSource over facts in memory that grow write by write."""

    def __init__(self, identity: str | None = "memory") -> None:
        super().__init__([])
        self.identity = identity
        self.writes: list[list[NodeId] | None] = []
        self.told: list[Fact] = []

    def write(self, facts: Iterable[Fact], *, known: bool = True) -> None:
        """Take facts in, the latest version of a flow for all before; ``known`` says where."""
        facts = list(facts)
        ends = [end for f in facts for end in _ends(f)]
        again = {f.fact_id for f in facts if isinstance(f, FlowFact)}
        self.told = [f for f in self.told if getattr(f, "fact_id", None) not in again] + facts
        calls, unfinished = self.calls, self.unfinished
        super().__init__(self.told)
        self.calls, self.unfinished = calls, unfinished
        self.writes.append(sorted(set(ends)) if known else None)

    def state(self) -> DataState:
        return DataState(self.identity, len(self.writes))

    def name(self) -> str:
        self.identity = self.identity or "memory"
        return self.identity

    def all_nodes(self) -> Iterator[NodeColumns]:
        yield node_columns(self.told)

    def changed(self, after: int, until: int) -> list[NodeId] | None:
        told = self.writes[after:until]
        return None if None in told else sorted({n for ids in told for n in ids or ()})


def _ends(fact: Fact) -> tuple[NodeId, ...]:
    return (fact.node_id,) if isinstance(fact, NodeFact) else (fact.source_id, fact.target_id)
