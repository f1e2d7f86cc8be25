"""Facts of one write, sorted into what the database has to be asked and told.

All that does not depend on what the database holds is worked out here, before the
write has its turn: a database that takes one writer must not wait for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from genealogy.model import claims
from genealogy.model.facts import Fact, FlowFact, LinkFact, NodeFact, NodeId
from genealogy.model.identifiers import code_key
from genealogy.model.names import NODE_TIMES, Flow, Label, Link, Role
from genealogy.model.times import iso
from genealogy.store.codec import encode_map
from genealogy.store.told_flows import ToldFlows

Met = Mapping[NodeId, frozenset[Role]]


@dataclass(slots=True)
class NodePlan:
    """All that one write says of one node, and its properties if it is new."""

    label: Label
    roles: set[Role] = field(default_factory=set)
    claims: list[str] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)

    @property
    def is_end_only(self) -> bool:
        """Whether the write says no more of the node than that an edge ends there."""
        return not self.claims and not self.roles


@dataclass(slots=True)
class Batch:
    """One write: nodes by id, flows and links by type; the ends of edges are nodes too.

    ``held`` are the nodes at which it is looked up what the database has, and which
    no other writer may change meanwhile.
    """

    nodes: dict[NodeId, NodePlan] = field(default_factory=dict)
    flows: dict[Flow, ToldFlows] = field(default_factory=dict)
    links: dict[Link, list[LinkFact]] = field(default_factory=lambda: defaultdict(list))
    held: set[NodeId] = field(default_factory=set)

    @classmethod
    def of(cls, facts: Iterable[Fact], now: datetime, met: Met = MappingProxyType({})) -> Batch:
        """Sort facts; ``now`` (UTC) is the record time of what has none.

        ``met`` are nodes known to exist, with roles that they are known to have.
        """
        batch = cls()
        flows: dict[Flow, list[FlowFact]] = defaultdict(list)
        for fact in facts:
            if isinstance(fact, NodeFact):
                batch._node(fact, now)
                continue
            batch._plan(fact.source_id, fact.source_label)
            batch._plan(fact.target_id, fact.target_label)
            if isinstance(fact, FlowFact):
                flows[fact.type].append(fact)
            else:
                batch.links[fact.type].append(fact)
                batch.held.add(fact.source_id)
        batch._finish(flows, now, met)
        return batch

    def _plan(self, node_id: NodeId, label: Label) -> NodePlan:
        plan = self.nodes.get(node_id)
        if plan is None:
            plan = self.nodes[node_id] = NodePlan(label)
        return plan

    def _node(self, fact: NodeFact, now: datetime) -> None:
        plan = self._plan(fact.node_id, fact.label)
        plan.roles.update(fact.roles)
        told = claims.claim(fact, now)
        if told is not None:
            plan.claims.append(told)

    def _finish(self, flows: dict[Flow, list[FlowFact]], now: datetime, met: Met) -> None:
        for flow, facts in flows.items():
            told = self.flows[flow] = ToldFlows.of(flow, facts, now)
            self.held.update(told.anchors)
        for node_id, plan in self.nodes.items():
            if plan.roles and not plan.claims:
                plan.roles -= met.get(node_id, frozenset())
            if not plan.is_end_only:
                self.held.add(node_id)
            elif node_id in met:
                continue
            plan.claims = claims.merged([], plan.claims)
            plan.properties = stored_properties(node_id, plan.claims)


def stored_properties(node_id: NodeId, told: list[str]) -> dict[str, Any]:
    """The properties of a node with these claims, its times as UTC text."""
    values, identifiers = claims.outcome(told)
    # The body of an event is read by programs alone, and its claims have it already.
    for key in ("body", "void_body"):
        values.pop(key, None)
    for key in NODE_TIMES:
        if key in values:
            values[key] = iso(values[key])
    code = code_of(node_id)
    key = code_key(code)
    names = " ".join(str(values[n]) for n in ("name", "name_zh") if values.get(n))
    named = values | {
        "node_id": node_id,
        "code": code,
        "code_key": key,
        "code_tail": key[::-1],
        "name_key": names.casefold() or None,
        "identifiers": identifiers or None,
        "claims": told or None,
    }
    return encode_map(named)


def code_of(node_id: str) -> str:
    """The short human code within a node id: lot code, serial, or own number."""
    if node_id.startswith("("):
        return node_id[node_id.rindex(")") + 1 :]
    kind, _, rest = node_id.partition(":")
    if kind == "unlotted":
        return code_of(rest)
    own_fields = {"lot": 2, "item": 1}.get(kind, 0)
    if rest.startswith(("urn:", "http://", "https://")):
        return rest
    return rest.split(":", own_fields)[-1]
