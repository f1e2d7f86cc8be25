"""From typed rows to facts: nodes, flows and links, as the tables' meaning says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

from genealogy.model.facts import Fact, LinkFact, NodeFact, Source, Value
from genealogy.model.identifiers import Identifier, canonical
from genealogy.model.names import Label, Link, Role, latest_of
from genealogy.model.units import factor_property
from loaders.tables.dictionary import COMMON, RECORD_ID, Column, Type
from loaders.tables.mentions import Told, other_spelling, sources_of
from loaders.tables.movements import move, times_of
from loaders.tables.parts import Parts
from loaders.tables.rows import Rows

#: Links that node tables state: column → link and the part its target plays.
LINKS: dict[str, dict[str, tuple[Link, str | None]]] = {
    "places": {"parent_id": (Link.AT, "parent"), "party_id": (Link.AT, "party")},
    "units": {"place_id": (Link.AT, None)},
    "batches": {
        "product_id": (Link.OF_PRODUCT, None),
        "site_id": (Link.AT, "site"),
        "line_id": (Link.MADE_ON, "line"),
        "equipment_id": (Link.MADE_ON, "equipment"),
    },
    "shipments": {"from_id": (Link.AT, "from"), "carrier_id": (Link.AT, "carrier")},
    "quality_events": {"about_id": (Link.ABOUT, None), "place_id": (Link.AT, None)},
}
ROLES = {
    "supplier": Role.SUPPLIER,
    "customer": Role.CUSTOMER,
    "carrier": Role.CARRIER,
    "complaint": Role.COMPLAINT,
    "test_result": Role.TEST_RESULT,
    "nonconformance": Role.NONCONFORMANCE,
    "storage_excursion": Role.STORAGE_EXCURSION,
    "cleaning": Role.CLEANING,
    "emptying": Role.EMPTYING,
}
#: Columns that give a node no property: a quality event may be about several things, a row each.
_NO_PROPERTY = frozenset({column.name for column in (*COMMON, RECORD_ID)} | {"about_id"})
#: Columns of these types are kept as their one spelling: the graph has no such values.
_KEPT_AS_TEXT = frozenset({Type.DECIMAL, Type.DATE, Type.REF, Type.CHOICES})


def facts_of(rows: Rows, system: str, parts: Parts | None = None) -> list[Fact]:
    """The facts that rows state; ``system`` is the source system unless a row names one.

    The rows join only what can be joined: see ``movements.wrong_ends``. ``parts`` are
    those that movements will say the lots play.
    """
    told = Told()
    if not rows.table.movement:
        _describe(told, rows, sources_of(rows, system), parts or Parts())
    move(told, rows, system)
    return told.all()


def _describe(told: Told, rows: Rows, sources: list[Source], parts: Parts) -> None:
    nodes = [node for node in rows.references(rows.table.columns[0].name) if node]
    told.facts.extend(
        map(
            NodeFact,
            [node.kind for node in nodes],
            [node.node_id for node in nodes],
            sources,
            parts.of([n.node_id for n in nodes]) if rows.table.name == "lots" else _roles(rows),
            _factors(rows) if rows.table.name == "product_units" else _properties(rows),
            _spellings(rows, nodes),
            times_of(rows, "recorded_at"),
        )
    )
    _link(told, rows, nodes, sources)
    if rows.table.name in ("lots", "items"):
        _of_product(told, rows, nodes, sources)
    if "gtin" in rows:
        _of_gtin(told, rows, nodes, sources)


def _link(told: Told, rows: Rows, nodes: list[Identifier], sources: list[Source]) -> None:
    for name, (link, part) in LINKS.get(rows.table.name, {}).items():
        told.mention(rows, name, sources)
        ends = zip(nodes, rows.references(name), sources, strict=True)
        told.facts.extend(
            LinkFact(link, node.node_id, node.kind, other.node_id, other.kind, source, part)
            for node, other, source in ends
            if other
        )


def _of_product(told: Told, rows: Rows, nodes: list[Identifier], sources: list[Source]) -> None:
    for node, named, source in zip(nodes, rows.references("product_id"), sources, strict=True):
        # By the id alone it is of a GTIN, which a product may have beside its own name.
        products = (named.node_id if named else None, node.product)
        for product in dict.fromkeys(filter(None, products)):
            told.of_product(node, product, source)


def _of_gtin(told: Told, rows: Rows, nodes: list[Identifier], sources: list[Source]) -> None:
    """State of each GTIN what product has it, for lots that name the GTIN alone."""
    for node, gtin, source in zip(nodes, rows.texts("gtin"), sources, strict=True):
        named = canonical(gtin, Label.PRODUCT) if gtin else node
        if named.node_id != node.node_id:
            told.state(Label.PRODUCT, named.node_id, source)
            told.of_product(named, node.node_id, source)


def _roles(rows: Rows) -> Iterable[tuple[Role, ...]]:
    if rows.table.name == "quality_events":
        return [(ROLES[kind],) for kind in rows.values("kind")]
    if rows.table.name == "parties":
        return [tuple(ROLES[word] for word in words or ()) for words in rows.values("roles")]
    return repeat(())


def _properties(rows: Rows) -> list[dict[str, Value]]:
    others = rows.table.columns[1:]
    said = [c for c in others if c.name in rows and c.name not in _NO_PROPERTY]
    names = [column.name for column in said]
    kept = [_kept(rows, column) for column in said]
    for column in said:
        if column.type is Type.MOMENT:
            names.append(latest_of(column.name))
            kept.append([told.latest if told else None for told in rows.moments(column.name)])
    if "retracted_at" in rows:
        names.append("retracted_at")
        kept.append([at and at.isoformat() for at in times_of(rows, "retracted_at")])
    cells = zip(*kept, strict=True) if kept else repeat((), len(rows))
    return [{n: v for n, v in zip(names, row, strict=True) if v is not None} for row in cells]


def _factors(rows: Rows) -> list[dict[str, Value]]:
    """A property for each unit: rows of several units tell of one product side by side."""
    told = zip(rows.texts("uom"), rows.spellings("factor"), strict=True)
    return [{factor_property(unit): factor} for unit, factor in told if unit]


def _kept(rows: Rows, column: Column) -> Sequence[Any]:
    """The values of a column as the graph holds them."""
    values = rows.values(column.name)
    if column.type is Type.MOMENT:
        return list(times_of(rows, column.name))
    if column.type in _KEPT_AS_TEXT:
        spellings = rows.spellings(column.name)
        return [None if v is None else s for v, s in zip(values, spellings, strict=True)]
    return values


def _spellings(rows: Rows, nodes: list[Identifier]) -> Iterable[tuple[str, ...]]:
    if "gtin" not in rows and "gln" not in rows:
        return map(other_spelling, nodes)
    numbers = zip(rows.spellings("gtin"), rows.spellings("gln"), strict=True)
    return [
        tuple(dict.fromkeys((*other_spelling(node), *filter(None, gs1))))
        for node, gs1 in zip(nodes, numbers, strict=True)
    ]
