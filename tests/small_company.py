"""An engine in memory over a company small enough to know by heart.

    lot 24A0871 ─▶ WO-2201 ─▶ T2201 ─▶ WO-2210 ─▶ FG1183 ─▶ DN-77 ─▶ C-017
                              ▲   │                  └────▶ DN-78 ─▶ C-020 (in transit)
                              └ WO-2202 (rework)

Another supplier has a lot 24A0871 too, so the bare code is ambiguous.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from genealogy.bootstrap import Lotgraph
from genealogy.model.facts import Fact, FlowFact, NodeFact, NodeId, Source, Written
from genealogy.model.identifiers import code_key
from genealogy.model.names import Confidence, Flow, Label, Role
from genealogy.ports import Coded, NodeRow
from genealogy.sinks import StoredEvent
from tests.fakes import MemoryFlows

START = datetime(2026, 3, 1, tzinfo=UTC)
WATERMARK = 7

SUPPLIER = "party:SUP-017"
RAW = "lot:SUP-017:RM-204:24A0871"
TWIN = "lot:SUP-090:RM-900:24A0871"
MIX = "batch:WO-2201"
TUBING = "lot:LG:SF-10:T2201"
REWORK = "batch:WO-2202"
ASSEMBLY = "batch:WO-2210"
GOODS = "(01)06901234000016(10)FG1183"
GOODS_URN = "urn:epc:class:lgtin:690123400.0001.FG1183"
SENT, MOVING = "shipment:DN-77", "shipment:DN-78"
RENJI, HUASHAN = "party:C-017", "party:C-020"


def _node(label: Label, node_id: str, *roles: Role, **properties: Any) -> NodeFact:
    spellings = (node_id, GOODS_URN) if node_id == GOODS else (node_id,)
    source = Source("ERP", "nodes.csv:1")
    return NodeFact(label, NodeId(node_id), source, roles, properties, spellings)


NODES = (
    _node(Label.PARTY, SUPPLIER, Role.SUPPLIER, name="Huaxin Polymers", name_zh="华鑫高分子"),
    _node(
        Label.LOT,
        RAW,
        Role.SUPPLIER_LOT,
        name="PVC granulate",
        name_zh="聚氯乙烯粒料",
        product_id="RM-204",
        quantity="500.000",
        uom="KGM",
    ),
    _node(Label.LOT, TWIN, Role.SUPPLIER_LOT, name="Carton", product_id="RM-900"),
    _node(Label.BATCH, MIX, name="Extrusion"),
    _node(Label.LOT, TUBING, Role.PRODUCT_LOT, name="Tubing", product_id="SF-10"),
    _node(Label.BATCH, REWORK, name="Rework"),
    _node(Label.BATCH, ASSEMBLY, name="Assembly"),
    _node(Label.LOT, GOODS, Role.PRODUCT_LOT, name="Infusion set", name_zh="输液器"),
    _node(Label.SHIPMENT, SENT),
    _node(Label.SHIPMENT, MOVING),
    _node(Label.PARTY, RENJI, Role.CUSTOMER, name="Renji Hospital", name_zh="仁济医院"),
    _node(Label.PARTY, HUASHAN, Role.CUSTOMER, name="=cmd|'x'", name_zh="华山医院"),
)
KINDS = {node.node_id: node.label for node in NODES}


def _flow(
    hour: int | None, flow: Flow, source: str, target: str, quantity: str | None, uom: str | None
) -> FlowFact:
    number = f"{flow}:{source}:{target}"
    return FlowFact(
        flow,
        NodeId(source),
        KINDS[NodeId(source)],
        NodeId(target),
        KINDS[NodeId(target)],
        number,
        Source("MES", f"moves.csv:{hour}"),
        quantity=None if quantity is None else Decimal(quantity),
        uom=uom,
        occurred_at=None if hour is None else START + timedelta(hours=hour),
        occurred_offset="+08:00",
        recorded_at=START + timedelta(hours=hour or 99, minutes=5),
        confidence=Confidence.RECORDED,
    )


FLOWS = (
    _flow(0, Flow.SUPPLIED, SUPPLIER, RAW, "500.000", "KGM"),
    _flow(1, Flow.CONSUMED_BY, RAW, MIX, "90.000", "KGM"),
    _flow(2, Flow.PRODUCED, MIX, TUBING, "1200", "MTR"),
    _flow(3, Flow.CONSUMED_BY, TUBING, REWORK, "30.5", "MTR"),
    _flow(4, Flow.PRODUCED, REWORK, TUBING, "30", "MTR"),
    _flow(5, Flow.CONSUMED_BY, TUBING, ASSEMBLY, "1100", "MTR"),
    _flow(6, Flow.PRODUCED, ASSEMBLY, GOODS, "4800", "H87"),
    _flow(7, Flow.SHIPPED_IN, GOODS, SENT, "2000", "H87"),
    _flow(8, Flow.SHIPPED_IN, GOODS, MOVING, "600", "H87"),
    _flow(9, Flow.DELIVERED_TO, SENT, RENJI, None, None),
    _flow(None, Flow.DELIVERED_TO, MOVING, HUASHAN, None, None),
)


class Company(MemoryFlows):
    """Flows, names and a sink for what is loaded, all in memory."""

    def __init__(self, facts: Iterable[Fact] = (*NODES, *FLOWS)) -> None:
        known = list(facts)
        super().__init__(known)
        self.rows = {f.node_id: _row(f) for f in known if isinstance(f, NodeFact)}
        self.written: list[Fact] = []

    def nodes(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> list[NodeRow]:
        return [self.rows[n] for n in node_ids if n in self.rows]

    def by_code(self, code: str, *, limit: int) -> list[NodeRow]:
        found = self._where(len(self.rows), lambda row: code_key(row.code) == code_key(code))
        return sorted(found, key=lambda row: row.code != code)[:limit]

    def by_codes(self, code_keys: Sequence[str]) -> list[Coded]:
        told = ((row.node_id, row.code, code_key(row.code)) for row in self.rows.values())
        return [Coded(*one) for one in told if one[2] in code_keys]

    def by_prefix(self, code_key_: str, *, limit: int) -> list[NodeRow]:
        return self._where(limit, lambda row: code_key(row.code).startswith(code_key_))

    def by_name(self, words: str, *, limit: int) -> list[NodeRow]:
        def names(row: NodeRow) -> str:
            return f"{row.name} {row.properties.get('name_zh')}".lower()

        return self._where(limit, lambda row: words.lower() in names(row))

    def near(self, code_key_: str, *, limit: int) -> list[NodeRow]:
        def alike(row: NodeRow) -> bool:
            key = code_key(row.code)
            return key[:3] == code_key_[:3] or key[-3:] == code_key_[-3:]

        return self._where(limit, alike)

    def stream(self, batches: Iterable[Sequence[Fact]]) -> Generator[Written, None, None]:
        return (self.write(batch) for batch in batches)

    def write(self, facts: Iterable[Fact]) -> Written:
        new = list(facts)
        self.written += new
        return Written(nodes_new=len(new))

    def events_about(self, node_ids: Sequence[NodeId]) -> list[StoredEvent]:
        return []

    def events(self, event_ids: Sequence[NodeId]) -> list[StoredEvent]:
        return []

    def _where(self, limit: int, fits: Any) -> list[NodeRow]:
        return [row for row in self.rows.values() if fits(row)][:limit]


def engine(company: Company | None = None) -> Lotgraph:
    """An engine over the company; closing it does nothing."""
    known = company or Company()
    return Lotgraph(
        flows=known,
        history=known,
        index=known,
        sink=lambda: known,
        book=known,
        watermark=lambda: WATERMARK,
        ready=lambda: WATERMARK,
        close=lambda: None,
    )


def _row(fact: NodeFact) -> NodeRow:
    properties = dict(fact.properties)
    name = properties.pop("name", None)
    code = "FG1183" if fact.node_id == GOODS else fact.node_id.rpartition(":")[2]
    return NodeRow(
        fact.node_id,
        fact.label,
        fact.roles,
        code,
        None if name is None else str(name),
        fact.identifiers,
        properties,
        None if "product_id" not in properties else NodeId(str(properties["product_id"])),
    )
