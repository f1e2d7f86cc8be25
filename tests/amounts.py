"""Genealogies with quantities, and what amounts are found in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from genealogy.model.facts import Fact, FlowFact, NodeFact, NodeId
from genealogy.model.names import Flow, Label
from genealogy.trace.details import with_details
from genealogy.trace.result import Amount, Mode, TraceQuery, Window, WindowKind
from genealogy.trace.run import trace
from genealogy.trace.shares import with_amounts
from tests.fakes import MemoryFlows
from tests.genealogies import SOURCE, Genealogy, day, flow

Bounds = tuple[Fraction, Fraction | None, Fraction | None]


def moved(
    flow_type: Flow,
    source: str,
    target: str,
    quantity: str | int | None = None,
    at: int | None = None,
    *,
    uom: str = "KGM",
    start: int | None = None,
    end: int | None = None,
    name: str = "",
) -> FlowFact:
    """Material that moved, and how much of it."""
    told = flow(flow_type, source, target, at, start=start, end=end, name=name)
    if quantity is None:
        return told
    return replace(told, quantity=Decimal(quantity), uom=uom)


def products(**units: Mapping[str, str]) -> list[NodeFact]:
    """Products with their properties, by code."""
    return [
        NodeFact(Label.PRODUCT, NodeId(f"product:{code}"), SOURCE, properties=dict(told))
        for code, told in units.items()
    ]


def amounts_in(
    facts: Genealogy | Iterable[Fact], *seeds: str, mode: Mode = Mode.EXACT
) -> dict[str, tuple[Amount, ...]]:
    """The amounts at each node that is reached forward from the seeds."""
    told = facts.facts if isinstance(facts, Genealogy) else tuple(facts)
    source = MemoryFlows(told)
    found = trace(source, TraceQuery(tuple(map(NodeId, seeds)), "forward", mode))
    amounts = with_amounts(with_details(found, source), source).amounts
    assert amounts is not None
    return dict(amounts)


def bounds(
    facts: Genealogy | Iterable[Fact], *seeds: str, mode: Mode = Mode.EXACT
) -> dict[str, Bounds]:
    """Least, share and most at each node, for seeds of one product."""
    found = amounts_in(facts, *seeds, mode=mode)
    return {node: (a.least, a.share, a.most) for node, (a,) in found.items()}


def three(least: object, share: object, most: object) -> Bounds:
    """Bounds as they are written: numbers, or null."""
    return tuple(None if v is None else Fraction(str(v)) for v in (least, share, most))  # type: ignore[return-value]


def window_bounds(
    facts: Genealogy | Iterable[Fact],
    kind: str,
    node_id: str,
    *days: int | None,
    revision: str | None = None,
    mode: Mode = Mode.EXACT,
) -> dict[str, Bounds]:
    """Least, share and most at each node, from a window of days, of one product."""
    told = facts.facts if isinstance(facts, Genealogy) else tuple(facts)
    window = Window(WindowKind(kind), NodeId(node_id), *map(day, days), revision=revision)
    query = TraceQuery((), "forward", mode, windows=(window,), quantities=True)
    amounts = amounts_of(told, query)
    assert all(len(found) < 2 for found in amounts.values())
    return {node: (a.least, a.share, a.most) for node, found in amounts.items() for a in found}


def amounts_of(facts: Iterable[Fact], query: TraceQuery) -> dict[NodeId, tuple[Amount, ...]]:
    """The amounts at each node that a question reaches forward."""
    source = MemoryFlows(tuple(facts))
    found = with_amounts(with_details(trace(source, query), source), source).amounts
    assert found is not None
    return dict(found)
