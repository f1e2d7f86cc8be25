"""What rows tell, collected: facts, and every node they mention stated once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from genealogy.model.facts import Fact, LinkFact, NodeFact, NodeId, Source
from genealogy.model.identifiers import Identifier, is_unlotted
from genealogy.model.names import MOVED_AT, Label, Link, Role
from loaders.tables.rows import Rows

_LOT_ROLES = (Role.SUPPLIER_LOT, Role.PRODUCT_LOT)


@dataclass(slots=True)
class Told:
    """Facts as they are told; ``mentions`` are nodes of which nothing but a name is known.

    ``links`` tell of what products the lots and items among them are, by their own identifiers,
    and where batches moved something.
    """

    facts: list[Fact] = field(default_factory=list)
    mentions: dict[tuple[Any, ...], NodeFact] = field(default_factory=dict)
    links: dict[tuple[NodeId, NodeId, str], LinkFact] = field(default_factory=dict)

    def mention(
        self, rows: Rows, name: str, sources: list[Source], role: Role | None = None
    ) -> None:
        """State the nodes that a column of references names, and the part they play there."""
        cells = rows.columns.get(name)
        if cells is None:
            return
        for position in _firsts(_keys(rows, cells.texts)):
            node, source = cells.values[position], sources[position]
            if node is not None:
                roles = _roles(node, role)
                self.state(node.kind, node.node_id, source, roles, other_spelling(node))
                if node.kind in (Label.LOT, Label.ITEM) and node.product is not None:
                    self.of_product(node, node.product, source)

    def state(
        self,
        label: Label,
        node_id: NodeId,
        source: Source,
        roles: tuple[Role, ...] = (),
        identifiers: tuple[str, ...] = (),
    ) -> None:
        """State one node that a row mentions."""
        key = (node_id, label, roles, identifiers, source.system)
        if key not in self.mentions:
            self.mentions[key] = NodeFact(label, node_id, source, roles, {}, identifiers)

    def of_product(self, node: Identifier, product: NodeId, source: Source) -> None:
        """State the product that a node is of, once for each system that tells it."""
        key = (node.node_id, product, source.system)
        if key not in self.links:
            ends = (node.node_id, node.kind, product, Label.PRODUCT)
            self.links[key] = LinkFact(Link.OF_PRODUCT, *ends, source)
            self.state(Label.PRODUCT, product, source)

    def moved_at(self, hub: Identifier, place: Identifier, source: Source) -> None:
        """State that something moved in or out of a batch, unit or shipment at a place.

        Once for each system that tells it.
        """
        key = (hub.node_id, place.node_id, source.system)
        if key not in self.links:
            ends = (hub.node_id, hub.kind, place.node_id, place.kind)
            self.links[key] = LinkFact(Link.AT, *ends, source, MOVED_AT)

    def all(self) -> list[Fact]:
        """Everything told, nodes that are only mentioned first."""
        return [*self.mentions.values(), *self.links.values(), *self.facts]


def sources_of(rows: Rows, system: str) -> list[Source]:
    """Where each row was read; ``system`` unless the row names one."""
    file = rows.file
    records = [f"{file}:{line}" for line in rows.lines]
    systems = (named or system for named in rows.texts("source_system"))
    return list(map(Source, systems, records))


def other_spelling(node: Identifier) -> tuple[str, ...]:
    """The spelling found, where it tells more than the id and the short code do."""
    return () if node.spelling in (node.node_id, node.code) else (node.spelling,)


def _keys(rows: Rows, texts: Sequence[str]) -> Sequence[Hashable]:
    """What two mentions must share to be one: the text, and the system that told it."""
    if "source_system" not in rows:
        return texts
    return list(zip(texts, rows.texts("source_system"), strict=True))


def _firsts(keys: Sequence[Hashable]) -> Iterable[int]:
    """Where each key stands first."""
    return dict(zip(reversed(keys), reversed(range(len(keys))), strict=True)).values()


def _roles(node: Identifier, role: Role | None) -> tuple[Role, ...]:
    if is_unlotted(node.node_id):
        return (Role.UNLOTTED,)
    fits = role is not None and (node.kind is Label.LOT or role not in _LOT_ROLES)
    return (role,) if role is not None and fits else ()
