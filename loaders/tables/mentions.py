"""What rows tell, collected: facts, and every node they mention stated once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from genealogy.model.facts import Fact, NodeFact, NodeId, Source
from genealogy.model.identifiers import Identifier
from genealogy.model.names import Label, Role
from loaders.tables.rows import Rows

_LOT_ROLES = (Role.SUPPLIER_LOT, Role.PRODUCT_LOT)


@dataclass(slots=True)
class Told:
    """Facts as they are told; ``mentions`` are nodes of which nothing but a name is known."""

    facts: list[Fact] = field(default_factory=list)
    mentions: dict[tuple[Any, ...], NodeFact] = field(default_factory=dict)

    def mention(
        self, rows: Rows, name: str, sources: list[Source], role: Role | None = None
    ) -> None:
        """State the nodes that a column of references names, and the part they play there."""
        cells = rows.columns.get(name)
        if cells is None:
            return
        systems = [source.system for source in sources]
        keys = zip(cells.texts, cells.spellings, systems, strict=True)
        for node, source in _distinct(keys, zip(cells.values, sources, strict=True)):
            if node is not None:
                roles = _roles(node, role)
                self.state(node.kind, node.node_id, source, roles, other_spelling(node))

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

    def all(self) -> list[Fact]:
        """Everything told, nodes that are only mentioned first."""
        return [*self.mentions.values(), *self.facts]


def sources_of(rows: Rows, system: str) -> list[Source]:
    """Where each row was read; ``system`` unless the row names one."""
    file = rows.file
    records = [f"{file}:{line}" for line in rows.lines]
    systems = (named or system for named in rows.texts("source_system"))
    return list(map(Source, systems, records))


def other_spelling(node: Identifier) -> tuple[str, ...]:
    """The spelling found, where it tells more than the id and the short code do."""
    return () if node.spelling in (node.node_id, node.code) else (node.spelling,)


def _distinct(
    keys: Iterable[Any], values: Iterable[tuple[Identifier | None, Source]]
) -> Iterator[tuple[Identifier | None, Source]]:
    """The first value of each key."""
    pairs = list(zip(keys, values, strict=True))
    return iter(dict(reversed(pairs)).values())


def _roles(node: Identifier, role: Role | None) -> tuple[Role, ...]:
    fits = role is not None and (node.kind is Label.LOT or role not in _LOT_ROLES)
    return (role,) if role is not None and fits else ()
