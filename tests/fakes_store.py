"""A graph in memory that folds facts by the rules of the store, and shows events again."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from genealogy.model import claims
from genealogy.model.facts import Fact, FlowFact, LinkFact, NodeFact, NodeId, Written
from genealogy.model.names import Flow, Label, Link, Role
from genealogy.model.versions import Version, merge, replaced
from genealogy.sinks import StoredEvent

LOADED_AT = datetime(2026, 1, 1, tzinfo=UTC)

FlowKey = tuple[Flow, NodeId, NodeId, str]
LinkKey = tuple[Link, NodeId, NodeId, str | None]
_VALUES = (
    "quantity",
    "uom",
    "base_quantity",
    "occurred_at",
    "occurred_offset",
    "valid_from",
    "valid_to",
    "ends_from",
    "place_id",
    "event_id",
    "confidence",
)


@dataclass(slots=True)
class MemoryNode:
    """A node with all claims made of it."""

    label: Label
    roles: set[Role] = field(default_factory=set)
    claims: list[str] = field(default_factory=list)

    @property
    def properties(self) -> dict[str, Any]:
        """The properties that hold by all claims."""
        return claims.properties(self.claims)

    @property
    def identifiers(self) -> list[str]:
        """Every spelling found."""
        return claims.identifiers(self.claims)


@dataclass(slots=True)
class MemoryGraph:
    """FactSink and EventBook over plain dictionaries; ``loaded_at`` dates undated facts."""

    loaded_at: datetime = LOADED_AT
    nodes: dict[NodeId, MemoryNode] = field(default_factory=dict)
    links: dict[LinkKey, LinkFact] = field(default_factory=dict)
    versions: dict[FlowKey, list[FlowFact]] = field(default_factory=dict)
    writes: int = 0
    unfinished: list[str] = field(default_factory=list)

    def stream(self, batches: Iterable[Sequence[Fact]]) -> Generator[Written, None, None]:
        """Write each batch when its turn comes."""
        return (self.write(batch) for batch in batches)

    @contextmanager
    def loading(self, source: str) -> Iterator[None]:
        """Keep the source as unfinished until the block ends well."""
        self.unfinished.append(source)
        yield
        self.unfinished = [other for other in self.unfinished if other != source]

    def write(self, facts: Iterable[Fact]) -> Written:
        """Fold facts in; flows are folded last, all versions of one fact together."""
        self.writes += 1
        written = Written()
        told: dict[FlowKey, list[FlowFact]] = {}
        for fact in facts:
            if isinstance(fact, NodeFact):
                written += self._node(fact)
                continue
            self._ends(fact)
            if isinstance(fact, LinkFact):
                written += self._link(fact)
            else:
                key = (fact.type, fact.source_id, fact.target_id, fact.fact_id)
                told.setdefault(key, []).append(fact)
        return sum((self._flow(key, some) for key, some in told.items()), written)

    def _node(self, fact: NodeFact) -> Written:
        is_new = fact.node_id not in self.nodes
        node = self.nodes.setdefault(fact.node_id, MemoryNode(fact.label))
        assert node.label == fact.label, (fact.node_id, node.label, fact.label)
        before = (set(node.roles), node.claims)
        node.roles |= set(fact.roles)
        claim = claims.claim(fact, self.loaded_at)
        if claim is not None:
            node.claims = claims.merged(node.claims, [claim])
        if is_new:
            return Written(nodes_new=1)
        changed = before != (node.roles, node.claims)
        return Written(nodes_changed=int(changed), unchanged=int(not changed))

    def _ends(self, fact: FlowFact | LinkFact) -> None:
        for node_id, label in (
            (fact.source_id, fact.source_label),
            (fact.target_id, fact.target_label),
        ):
            node = self.nodes.setdefault(node_id, MemoryNode(label))
            assert node.label == label, (node_id, node.label, label)

    def _link(self, fact: LinkFact) -> Written:
        key = (fact.type, fact.source_id, fact.target_id, fact.part)
        is_new = key not in self.links
        self.links.setdefault(key, fact)
        return Written(links_new=int(is_new), unchanged=int(not is_new))

    def _flow(self, key: FlowKey, told: Sequence[FlowFact]) -> Written:
        stored = self.versions.get(key, [])
        fold = replaced if told[0].derived else merge
        changes = fold([_version(f) for f in stored], [_version(f) for f in told], self.loaded_at)
        by_time = {f.recorded_at: f for f in stored}
        for version in (*changes.new, *changes.changed):
            by_time[version.recorded_at] = _fact(told[0], version)
        self.versions[key] = list(by_time.values())
        if not stored:
            return Written(flows_new=1)
        changed = bool(changes.new or changes.changed)
        return Written(flows_changed=int(changed), unchanged=int(not changed))

    def events(self, event_ids: Sequence[NodeId]) -> list[StoredEvent]:
        """The events with these ids that are known."""
        known = [i for i in event_ids if self.nodes.get(i, _NO_NODE).label is Label.EVENT]
        return [_stored_event(i, self.nodes[i].properties) for i in known]

    def events_about(self, node_ids: Sequence[NodeId]) -> list[StoredEvent]:
        """Every event that is about any of these nodes, each once."""
        wanted = set(node_ids)
        found = {
            source
            for link, source, target, _ in self.links
            if link is Link.ABOUT and target in wanted and self.nodes[source].label is Label.EVENT
        }
        return self.events(sorted(found))

    def flows(self, known_at: datetime | None = None) -> list[FlowFact]:
        """The versions in force: those that hold now, or held at a moment of record time."""
        return sorted(
            (f for some in self.versions.values() for f in some if _in_force(f, known_at)),
            key=lambda f: (f.type, f.source_id, f.target_id, f.fact_id),
        )

    def edges(self, *types: Flow) -> set[tuple[str, str, str]]:
        """The flows in force as (type, source, target), of some types or all."""
        return {
            (str(f.type), f.source_id, f.target_id)
            for f in self.flows()
            if not types or f.type in types
        }

    def content(self) -> tuple[Any, ...]:
        """Everything that can be asked of the graph; equal graphs have equal content."""
        nodes = {
            i: (n.label, sorted(n.roles), n.properties, n.identifiers)
            for i, n in self.nodes.items()
        }
        held = {
            key: sorted(
                (f for f in some if f.retracted_at is None or f.retracted_at > _recorded(f)),
                key=_recorded,
            )
            for key, some in self.versions.items()
        }
        return nodes, set(self.links), {key: some for key, some in held.items() if some}


_NO_NODE = MemoryNode(Label.ENTITY)


def _recorded(fact: FlowFact) -> datetime:
    assert fact.recorded_at is not None
    return fact.recorded_at


def _in_force(fact: FlowFact, known_at: datetime | None) -> bool:
    if known_at is None:
        return fact.retracted_at is None
    begun = _recorded(fact) <= known_at
    return begun and (fact.retracted_at is None or fact.retracted_at > known_at)


def _version(fact: FlowFact) -> Version:
    values = tuple(getattr(fact, name) for name in _VALUES)
    source = (fact.source.system, fact.source.record)
    return Version(fact.recorded_at, fact.retracted_at, values, source)


def _fact(told: FlowFact, version: Version) -> FlowFact:
    values = dict(zip(_VALUES, version.values, strict=True))
    return replace(
        told, recorded_at=version.recorded_at, retracted_at=version.retracted_at, **values
    )


def _stored_event(event_id: NodeId, values: dict[str, Any]) -> StoredEvent:
    return StoredEvent(
        event_id,
        values.get("body") or values.get("void_body"),
        values.get("recorded_at"),
        values.get("voided_at"),
        values.get("source_system", ""),
        values.get("source_record", ""),
    )


def bodies(graph: MemoryGraph) -> dict[str, dict[str, Any]]:
    """The stored body of each event, read."""
    found = graph.events(sorted(graph.nodes))
    return {e.event_id: json.loads(e.body) for e in found if e.body is not None}
