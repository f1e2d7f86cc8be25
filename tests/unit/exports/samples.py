"""Traces made by hand, for exports to write."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label, Role
from genealogy.model.times import to_micros
from genealogy.ports import FlowRows, NodeRow
from genealogy.trace.result import (
    Completeness,
    Frontier,
    FrontierReason,
    Gap,
    GapKind,
    Reached,
    Trace,
    TraceQuery,
)

START = datetime(2026, 3, 1, tzinfo=UTC)


def row(node_id: str, kind: Label, *, roles: Sequence[Role] = (), **properties: Any) -> NodeRow:
    """A node whose code is the last part of its id."""
    name = properties.pop("name", None)
    identifiers = properties.pop("identifiers", (node_id,))
    code = properties.pop("code", node_id.rsplit(":", 1)[-1])
    return NodeRow(NodeId(node_id), kind, tuple(roles), code, name, identifiers, properties)


def add(rows: FlowRows, flow: str, source: str, target: str, **values: Any) -> None:
    """Append one edge; columns that are not given hold plain defaults."""
    number = len(rows.edge_id)
    when = START + timedelta(hours=number)
    defaults: dict[str, Any] = {
        "source": source,
        "target": target,
        "type": flow,
        "edge_id": f"e{number:02}",
        "occurred_at": to_micros(when),
        "valid_from": None,
        "valid_to": None,
        "recorded_at": to_micros(when + timedelta(minutes=5)),
        "retracted_at": None,
        "quantity": None,
        "uom": None,
        "base_quantity": None,
        "occurred_offset": "+08:00",
        "place_id": None,
        "source_system": "MES",
        "source_record": f"mes.csv:{number + 2}",
        "confidence": "recorded",
    }
    for column, value in (defaults | values).items():
        getattr(rows, column).append(value)


def trace_of(
    rows: Iterable[NodeRow],
    edges: FlowRows,
    seed: str,
    *,
    completeness: Completeness | None = None,
    query: Mapping[str, Any] | None = None,
) -> Trace:
    """A forward trace in which every node after the seed was reached breadth first."""
    known = {r.node_id: r for r in rows}
    return Trace(
        TraceQuery(**({"seeds": (NodeId(seed),), "direction": "forward"} | dict(query or {}))),
        tuple(_reached(edges, NodeId(seed))),
        edges,
        known,
        completeness or Completeness(),
    )


def _reached(edges: FlowRows, seed: NodeId) -> Iterable[Reached]:
    steps, via, queue = {seed: 0}, {seed: -1}, [seed]
    for node in queue:
        for i, source in enumerate(edges.source):
            if source == node and edges.target[i] not in steps:
                steps[edges.target[i]], via[edges.target[i]] = steps[node] + 1, i
                queue.append(edges.target[i])
    for node in queue:
        when = START + timedelta(hours=steps[node]) if node != seed else None
        if node == seed:
            yield Reached(node, "seed", 0, None, None)
        else:
            yield Reached(node, "forward", steps[node], when, via[node])


def small() -> Trace:
    """A supplier lot through a process with rework to a customer and a shipment in transit."""
    nodes = [
        row(
            "party:SUP-017",
            Label.PARTY,
            roles=[Role.SUPPLIER],
            name="Huaxin Polymers",
            name_zh="华鑫高分子",
        ),
        row(
            "lot:SUP-017:RM-204:24A0871",
            Label.LOT,
            roles=[Role.SUPPLIER_LOT],
            product_id="RM-204",
            name="Medical PVC granulate",
            name_zh="医用聚氯乙烯粒料",
            quantity="500.000",
            uom="KGM",
            status="quarantine",
        ),
        row("batch:WO-2201", Label.BATCH, name="Extrusion", name_zh="挤出"),
        row(
            "lot:LG:SF-10:T2201",
            Label.LOT,
            roles=[Role.PRODUCT_LOT],
            product_id="SF-10",
            name="Tubing 4 mm",
            name_zh="导管 4 毫米",
            quantity="1200",
            uom="MTR",
        ),
        row("batch:WO-2202", Label.BATCH, name="Rework: regrind", name_zh="返工"),
        row("batch:WO-2210", Label.BATCH, name="Assembly", name_zh="组装"),
        row(
            "(01)06901234000016(10)FG1183",
            Label.LOT,
            roles=[Role.PRODUCT_LOT],
            code="FG1183",
            identifiers=(
                "(01)06901234000016(10)FG1183",
                "urn:epc:class:lgtin:690123400.0001.FG1183",
            ),
            product_id="(01)06901234000016",
            name="Infusion set IS-2",
            name_zh="输液器 IS-2",
            quantity="4800",
            uom="H87",
        ),
        row("shipment:DN-77", Label.SHIPMENT, name="to Renji"),
        row("shipment:DN-78", Label.SHIPMENT),
        row(
            "party:C-017",
            Label.PARTY,
            roles=[Role.CUSTOMER],
            name="Renji Hospital",
            name_zh="仁济医院",
        ),
        row(
            "party:C-020",
            Label.PARTY,
            roles=[Role.CUSTOMER],
            name='=HYPERLINK("http://x")',
            name_zh="华山医院",
        ),
    ]
    edges = FlowRows()
    lot, tubing, goods = nodes[1].node_id, nodes[3].node_id, nodes[6].node_id
    add(edges, Flow.SUPPLIED, "party:SUP-017", lot, quantity="500.000", uom="KGM")
    add(edges, Flow.CONSUMED_BY, lot, "batch:WO-2201", quantity="90.000", uom="KGM")
    add(edges, Flow.PRODUCED, "batch:WO-2201", tubing, quantity="1200", uom="MTR")
    add(edges, Flow.CONSUMED_BY, tubing, "batch:WO-2202", quantity="-30.5", uom="MTR")
    add(edges, Flow.PRODUCED, "batch:WO-2202", tubing, occurred_at=None, confidence="inferred")
    add(edges, Flow.CONSUMED_BY, tubing, "batch:WO-2210", quantity="1100", uom="MTR")
    add(edges, Flow.PRODUCED, "batch:WO-2210", goods, quantity="4800", uom="H87")
    add(edges, Flow.SHIPPED_IN, goods, "shipment:DN-77", quantity="2000", uom="H87")
    add(edges, Flow.SHIPPED_IN, goods, "shipment:DN-78", quantity="600", uom="H87")
    add(edges, Flow.DELIVERED_TO, "shipment:DN-77", "party:C-017")
    add(
        edges,
        Flow.DELIVERED_TO,
        "shipment:DN-78",
        "party:C-020",
        occurred_at=None,
        valid_from=to_micros(START + timedelta(days=3)),
    )
    lacks = Completeness(
        frontiers=(Frontier(NodeId("party:C-017"), FrontierReason.STOP),),
        gaps=(Gap(GapKind.SHIPPED_WITHOUT_RECEIPT, NodeId("shipment:DN-78")),),
    )
    return trace_of(
        nodes,
        edges,
        "party:SUP-017",
        completeness=lacks,
        query={"stops": (NodeId("party:C-017"),), "as_of": START + timedelta(days=9)},
    )


def lonely() -> Trace:
    """A seed from which nothing is recorded."""
    return trace_of([row("lot:A:B:C", Label.LOT)], FlowRows(), "lot:A:B:C")


def wide(lots: int, *, seed: int = 7) -> Trace:
    """One raw lot over ``lots`` product lots in three stages to twenty customers."""
    dice = random.Random(seed)
    nodes = [
        row("lot:S:RM:R1", Label.LOT, roles=[Role.SUPPLIER_LOT], product_id="RM", name="Resin")
    ]
    edges = FlowRows()
    level = [nodes[0].node_id]
    for stage in range(3):
        level = _stage(stage, level, lots, dice, nodes, edges)
    for number, lot in enumerate(level):
        shipment, customer = f"shipment:D{number}", f"party:C{dice.randrange(20)}"
        nodes.append(row(shipment, Label.SHIPMENT))
        nodes.append(row(customer, Label.PARTY, name=f"Hospital {customer[-2:]}"))
        add(edges, Flow.SHIPPED_IN, lot, shipment, quantity=str(dice.randrange(1, 90)), uom="H87")
        add(edges, Flow.DELIVERED_TO, shipment, customer)
    return trace_of(nodes, edges, "lot:S:RM:R1")


def _stage(
    stage: int,
    level: list[NodeId],
    lots: int,
    dice: random.Random,
    nodes: list[NodeRow],
    edges: FlowRows,
) -> list[NodeId]:
    made = []
    for number in range(max(2, lots * (stage + 1) // 6)):
        batch, lot = f"batch:W{stage}-{number}", f"lot:M:P{stage}:L{stage}-{number}"
        nodes.append(row(batch, Label.BATCH, name=("Moulding", "Assembly", "Sterilisation")[stage]))
        nodes.append(
            row(
                lot,
                Label.LOT,
                roles=[Role.PRODUCT_LOT],
                product_id=f"P{stage}",
                name=f"Part {stage}",
                quantity="100",
                uom="H87",
            )
        )
        for source in dice.sample(level, min(len(level), dice.choice((1, 1, 2)))):
            add(
                edges,
                Flow.CONSUMED_BY,
                source,
                batch,
                quantity=str(dice.randrange(1, 50)),
                uom="KGM",
            )
        add(edges, Flow.PRODUCED, batch, lot, quantity="100", uom="H87")
        made.append(NodeId(lot))
    return made
