"""The generator's books: every movement is written to its table and followed as it is made.

A node carries, for each planted cause, the minute from which it is affected.
Material takes that along only if it leaves at or after that minute. The truth
file is the outcome of these books; no trace is run to make it. For that to
hold, movements into a node are entered before those that leave it later.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from loaders.demo.clock import CUTOFF, DAY, written
from loaders.demo.company import Product
from loaders.demo.dice import Dice
from loaders.demo.truth import Cause
from loaders.demo.writer import TableWriter

_LATE_PERCENT = 3


@dataclass(slots=True)
class Node:
    """Something material passes through: its id, what is left of it, since when it is affected.

    ``stored`` is the minute since which it lies in a store. ``left`` counts pieces, metres,
    grams, or hundredths of a square metre.
    """

    ref: str
    left: int = 0
    product: Product | None = None
    since: dict[str, int] = field(default_factory=dict)
    stored: int | None = None


@dataclass(slots=True)
class Ledger:
    """Writes movements and follows planted causes; ``flows`` counts flow edges."""

    writer: TableWriter
    causes: dict[str, Cause]
    dice: Dice
    flows: int = 0

    def plant(self, cause: str, node: Node, at: int) -> None:
        """Make a node a source of a cause from a minute on."""
        node.since[cause] = at
        self.causes[cause].seed(node.ref, at)

    def supply(self, supplier: Node, lot: Node, at: int, zone: int) -> None:
        """A supplier hands over a lot."""
        self._follow(supplier, lot, at)
        cells = self._amount(lot.product, lot.left)
        when = written(at, zone)
        self._row(
            "supplies", at, supplier_id=supplier.ref, supplied_id=lot.ref, occurred_at=when, **cells
        )

    def consume(self, lot: Node, batch: Node, amount: int, at: int, place: str) -> None:
        """An amount of a lot goes into a batch."""
        self._follow(lot, batch, at)
        lot.left -= amount
        self._use("consumption", lot, batch, amount, at, place, input_id=lot.ref)

    def withdraw(self, lot: Node, batch: Node, amount: int, at: int, place: str) -> None:
        """A consumption that was booked on the wrong lot and withdrawn the day after."""
        self.flows += 1
        withdrawn = written(at + DAY)
        self._use(
            "consumption", lot, batch, amount, at, place, input_id=lot.ref, retracted_at=withdrawn
        )

    def produce(self, batch: Node, lot: Node, amount: int, at: int, place: str) -> None:
        """An amount of a lot comes out of a batch."""
        self._follow(batch, lot, at)
        lot.left += amount
        self._use("production", lot, batch, amount, at, place, output_id=lot.ref)

    def relabel(self, lot: Node, other: Node, amount: int, at: int) -> None:
        """An amount of a lot gets the identity of another."""
        self._follow(lot, other, at)
        lot.left -= amount
        other.left += amount
        cells = self._amount(lot.product, amount)
        ends = {"from_lot_id": lot.ref, "to_lot_id": other.ref}
        self._row("relabels", at, occurred_at=written(at), **ends, **cells)

    def store(self, lot: Node, place: str, at: int) -> None:
        """A lot comes into a store."""
        self.flows += 1
        lot.stored = at
        self._row("stays", at, content_id=lot.ref, stored_at=place, arrived_at=written(at))

    def leave(self, lot: Node, place: str, at: int) -> None:
        """The last of a lot leaves its store: a second row of the same stay."""
        if lot.stored is not None:
            times = {"arrived_at": written(lot.stored), "left_at": written(at)}
            self._row("stays", at, content_id=lot.ref, stored_at=place, **times)
            lot.stored = None

    def install(self, part: Node, host: Node, at: int) -> None:
        """One piece of a lot is built into an item."""
        self._follow(part, host, at)
        part.left -= 1
        ends = {"part_id": part.ref, "host_id": host.ref}
        self._row("assembly", at, quantity=1, uom="H87", installed_at=written(at), **ends)

    def serialise(self, lot: Node, item: Node, serial: str, at: int) -> None:
        """A piece of a lot gets its serial number."""
        self._follow(lot, item, at)
        product = lot.product.code if lot.product else ""
        when = {"serialised_at": written(at), "recorded_at": self._recorded(at)}
        self.writer.row("items", product_id=product, serial=serial, lot_id=lot.ref, **when)

    def pack(self, child: Node, unit: Node, amount: int, at: int, place: str = "") -> None:
        """Something is packed into a unit, at a place where that is recorded."""
        self._follow(child, unit, at)
        child.left -= amount
        self._row("containment", at, place_id=place, **_packing(child, unit, amount, at))

    def unpack(self, child: Node, unit: Node, amount: int, packed: int, at: int) -> None:
        """What was packed at a minute is unpacked: a second row of the same movement."""
        cells = _packing(child, unit, amount, packed)
        self._row("containment", at, unpacked_at=written(at), **cells)

    def load(
        self, content: Node, shipment: Node, at: int, zone: int = 8, *, returned: bool = False
    ) -> None:
        """Something is loaded for a shipment."""
        self._follow(content, shipment, at)
        cells = {"shipment_id": shipment.ref, "content_id": content.ref}
        cells["returned"] = "true" if returned else ""
        self._row("shipment_lines", at, loaded_at=written(at, zone), **cells)

    def deliver(self, shipment: Node, to: Node, received: int | None, **cells: str) -> None:
        """A shipment is sent; a second row tells when it was received, unless it is under way."""
        self._follow(shipment, to, received)
        # An inbound shipment is supplied by who sent it.
        self.flows += cells.get("kind") == "inbound"
        cells |= {"shipment_id": shipment.ref, "to_id": to.ref}
        self.writer.row("shipments", recorded_at=cells["dispatched_at"], **cells)

    def received(self, shipment: Node, to: Node, at: int, zone: int, **cells: str) -> None:
        """The second row of a shipment: the same movement with its time of receipt."""
        cells |= {"shipment_id": shipment.ref, "to_id": to.ref, "received_at": written(at, zone)}
        self._row("shipments", at, **cells)

    def _follow(self, source: Node, target: Node, at: int | None) -> None:
        self.flows += 1
        for cause, since in source.since.items():
            if at is None or since <= at:
                arrival = since if at is None else at
                target.since[cause] = min(arrival, target.since.get(cause, arrival))
                self.causes[cause].reach(target.ref, target.since[cause])

    def _use(
        self, table: str, lot: Node, batch: Node, amount: int, at: int, place: str, **cells: str
    ) -> None:
        cells |= {"batch_id": batch.ref, "occurred_at": written(at), "place_id": place}
        self._row(table, at, **cells, **self._amount(lot.product, amount))

    def _row(self, table: str, at: int, **cells: object) -> None:
        self.writer.row(table, recorded_at=self._recorded(at), **cells)

    def _recorded(self, at: int) -> str:
        late = self.dice.chance(_LATE_PERCENT)
        delay = self.dice.between(2 * DAY, 6 * DAY) if late else self.dice.between(1, 25)
        return written(min(at + delay, max(at, CUTOFF)))

    def _amount(self, product: Product | None, amount: int) -> dict[str, str]:
        uom = product.uom if product else "H87"
        # Scales near the line show grams, whatever unit the stock is kept in.
        if uom == "KGM" and amount % 1000:
            return {"quantity": str(amount), "uom": "GRM"}
        return {"quantity": spelt_amount(amount, uom), "uom": uom}


def _packing(child: Node, unit: Node, amount: int, at: int) -> dict[str, str]:
    ends = {"child_id": child.ref, "unit_id": unit.ref}
    return {**ends, "packed_at": written(at), "quantity": str(amount), "uom": "H87"}


def spelt_amount(amount: int, uom: str) -> str:
    """An amount in its stock unit: kilograms with three decimals, square metres with two."""
    if uom == "KGM":
        return f"{amount // 1000}.{amount % 1000:03}"
    return f"{amount // 100}.{amount % 100:02}" if uom == "MTK" else str(amount)
