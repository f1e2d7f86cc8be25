"""Snapshots of facts in memory, as the store would make them of the same facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from genealogy.model.facts import Fact, FlowFact, NodeFact, NodeId
from genealogy.model.names import Mixing
from genealogy.ports import DataState, FlowRows, NodeColumns
from genealogy.snapshot.build import build
from genealogy.snapshot.content import Content
from genealogy.snapshot.flows import CopiedFlows
from genealogy.store.graph_source import told_of
from tests.fakes import MemoryFlows


def snapshot_of(facts: Iterable[Fact], watermark: int = 1) -> Content:
    """The snapshot of all flows in force among these facts."""
    source = MemoryGraph()
    source.write(facts)
    return replace(build(source), state=DataState("memory", watermark))


def flows_of(facts: Iterable[Fact]) -> CopiedFlows:
    """The same as a source of flows."""
    facts = list(facts)
    return CopiedFlows(MemoryFlows(facts), snapshot_of(facts))


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
        self.writes: list[tuple[str, list[NodeId] | None]] = []
        self.life = 0
        self.told: list[Fact] = []

    def write(self, facts: Iterable[Fact], *, known: bool = True) -> None:
        """Take facts in, the latest version of a flow for all before; ``known`` says where."""
        # Told twice at once, a flow is as it was told last.
        facts = list({_key(number, f): f for number, f in enumerate(facts)}.values())
        ends = [end for f in facts for end in _ends(f)]
        again = {f.fact_id for f in facts if isinstance(f, FlowFact)}
        self.told = [f for f in self.told if getattr(f, "fact_id", None) not in again] + facts
        calls, unfinished = self.calls, self.unfinished
        super().__init__(self.told)
        self.calls, self.unfinished = calls, unfinished
        stamp = f"{self.life}:{len(self.writes) + 1}"
        self.writes.append((stamp, sorted(set(ends)) if known else None))

    def state(self) -> DataState:
        stamp = self.writes[-1][0] if self.writes else None
        return DataState(self.identity, len(self.writes), stamp)

    def restore(self, watermark: int) -> None:
        """Go back to an earlier state; what is written from now on was never written before."""
        del self.writes[watermark:]
        self.life += 1

    def name(self) -> str:
        self.identity = self.identity or "memory"
        return self.identity

    def all_nodes(self) -> Iterator[NodeColumns]:
        yield node_columns(self.told)

    def flows_from(self, node_ids: Sequence[NodeId]) -> FlowRows:
        return self.edges(node_ids, "forward").rows

    def changed(self, after: DataState, until: int, most: int) -> list[NodeId] | None:
        rows = [(at, stamp, ids) for at, (stamp, ids) in enumerate(self.writes, 1)]
        asked = [row for row in rows if after.watermark <= row[0] <= until]
        return told_of(asked, after, until, most)


def _key(number: int, fact: Fact) -> object:
    return (fact.type, fact.source_id, fact.fact_id) if isinstance(fact, FlowFact) else number


def _ends(fact: Fact) -> tuple[NodeId, ...]:
    return (fact.node_id,) if isinstance(fact, NodeFact) else (fact.source_id, fact.target_id)
