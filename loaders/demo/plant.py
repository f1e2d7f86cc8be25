"""One campaign of a cell from incoming goods to sterile, released lots."""

from __future__ import annotations

from dataclasses import dataclass, field

from loaders.demo.cell import Cell, lot_cells
from loaders.demo.clock import DAY, HOUR, written, written_day
from loaders.demo.company import (
    ABS,
    BOARD,
    CHAMBER,
    CONNECTOR,
    DRIP_SET,
    DYE,
    GLUE,
    GRANULATE,
    HOUSING,
    LINE,
    LINE_RAW,
    MEMBRANE,
    MOTOR,
    POUCH,
    PUMP,
    PVC,
    SET,
    SET_OEM,
    SET_RAW,
    SOURCES,
    TUBE,
    Party,
    Product,
)
from loaders.demo.dice import Dice
from loaders.demo.ledger import Ledger, Node, spelt_amount
from loaders.demo.writer import TableWriter

#: How much of each material a campaign buys: grams, hundredths of m², pieces.
BOUGHT: dict[Product, int] = {
    PVC: 260_000,
    ABS: 120_000,
    DYE: 25_000,
    GLUE: 9_000,
    MEMBRANE: 4_000,
    BOARD: 40,
    MOTOR: 40,
    POUCH: 9_000,
}
PUMPS = 12

#: Every so many campaigns a cell is cleared: leftovers that are not finished goods are scrapped.
CLEARANCE = 4

Parts = tuple[tuple[Product, int], ...]


@dataclass(slots=True)
class Run:
    """A campaign: its cell, its number there, the minute it starts, and what it has made."""

    cell: Cell
    number: int
    start: int
    ledger: Ledger
    dice: Dice
    planted: frozenset[str]
    items: list[Node] = field(default_factory=list)
    orders: int = 0

    @property
    def writer(self) -> TableWriter:
        """Where rows go that are no movements."""
        return self.ledger.writer

    def at(self, day: int, hour: int, minute: int = 0) -> int:
        """A minute of the campaign in local time (+08:00), jittered within half an hour."""
        return self.start + day * DAY + (hour - 8) * HOUR + minute + self.dice.below(30)

    def event(self, kind: str, about: str, at: int, **cells: str) -> str:
        """A quality event, numbered within the campaign; gives its number."""
        self.orders += 1
        number = f"Q-{self.cell.number + 1:03}-{self.number + 1:02}-{self.orders:03}"
        self.writer.row(
            "quality_events", event_id=number, kind=kind, about_id=about, **when(at), **cells
        )
        return number

    def batch(self, process: str, line: str, made: Product | None, start: int, end: int) -> Node:
        """A production batch on a line, from start to end."""
        self.orders += 1
        cell = self.cell
        number = f"WO-{cell.number + 1:03}-{self.number + 1:02}-{self.orders:03}"
        at = "equipment_id" if line == "EO" else "line_id"
        self.writer.row(
            "batches",
            batch_id=number,
            process=process,
            product_id=made.code if made else "",
            site_id=cell.site,
            operator=f"OP-{self.dice.between(101, 148)}",
            recipe=f"RC-{process}",
            recipe_revision=self.dice.pick("ABBC"),
            started_at=written(start),
            ended_at=written(end),
            mixing="whole" if line == "EO" else "by_time",
            **{at: cell.place(line)},
        )
        batch = Node(f"batch:{number}")
        if line == "MOLD2" and "line_window" in self.planted:
            self._mis_set(batch, start, end)
        return batch

    def _mis_set(self, batch: Node, start: int, end: int) -> None:
        """A machine ran with a wrong setting: every batch on it in the campaign is a seed."""
        self.ledger.plant("line_window", batch, start)
        about = self.ledger.causes["line_window"].about
        about.setdefault("place", self.cell.place("MOLD2"))
        about.setdefault("from", written(start))
        about["to"] = written(end)

    def lot_row(self, lot: Node, amount: int, made: int, years: int = 3) -> None:
        """The lot in the lots table."""
        uom = lot.product.uom if lot.product else "H87"
        self.writer.row(
            "lots",
            **lot_cells(lot),
            quantity=spelt_amount(amount, uom),
            uom=uom,
            produced_at=written(made),
            expires_on=written_day(made, years),
            status="released",
        )


def when(at: int) -> dict[str, str]:
    """When an event happened and was reported."""
    return {"occurred_at": written(at), "reported_at": written(at + 2 * HOUR)}


def make(run: Run) -> None:
    """Run a campaign up to sterile lots and packed-ready pumps in the cell's stock."""
    if run.number % CLEARANCE == 0:
        run.cell.clear({SET.code, SET_OEM.code, LINE.code})
    for product, amount in BOUGHT.items():
        for supplier in SOURCES[product]:
            _buy(run, product, supplier, amount // len(SOURCES[product]))
    _compound(run)
    _two_shifts(run, "moulding", "MOLD1", CHAMBER, ((GRANULATE, 45_000),), 3_000, 1)
    _two_shifts(run, "moulding", "MOLD2", CONNECTOR, ((ABS, 18_000), (GRANULATE, 9_000)), 9_000, 1)
    _two_shifts(run, "moulding", "MOLD2", HOUSING, ((ABS, 30_000),), 40, 2)
    _two_shifts(run, "extrusion", "EXTR", TUBE, ((PVC, 120_000),), 6_000, 2)
    parts: Parts = ((CHAMBER, 2_800), (MEMBRANE, 2_800), (GLUE, 2_400))
    _two_shifts(run, "sub-assembly", "ASSY", DRIP_SET, parts, 2_800, 3)
    parts = ((DRIP_SET, 2_700), (TUBE, 4_000), (CONNECTOR, 5_400), (GLUE, 2_000))
    _two_shifts(run, "assembly", "ASSY", SET_RAW, parts, 2_700, 4)
    parts = ((TUBE, 1_100), (CONNECTOR, 2_400), (GLUE, 900))
    _two_shifts(run, "assembly", "ASSY", LINE_RAW, parts, 1_200, 5)
    _rework(run)
    _build_pumps(run)
    _sterilise(run)
    _relabel(run)


def _buy(run: Run, product: Product, supplier: Party, amount: int) -> None:
    """A supplier's lot is dispatched, received, and inspected."""
    ledger = run.ledger
    sent = run.at(-9, 10, run.dice.below(2 * DAY))
    arrived = run.at(-3, 9, run.dice.below(8 * HOUR))
    lot = run.cell.bought(product, supplier, sent, amount)
    if product is PVC and supplier.code == "SUP-017" and "resin" in run.planted:
        ledger.plant("resin", lot, sent)
        ledger.causes["resin"].about = {"supplier": f"party:{supplier.code}", "lot": lot.ref}
    run.lot_row(lot, amount, sent - 10 * DAY, 2)
    ledger.supply(Node(f"party:{supplier.code}"), lot, sent, supplier.zone)
    number = f"IN-{run.cell.number + 1:03}-{run.number + 1:02}-{product.code}-{supplier.code}"
    shipment = Node(f"shipment:{number}")
    ledger.load(lot, shipment, sent + HOUR, supplier.zone)
    cells = {
        "kind": "inbound",
        "from_id": f"party:{supplier.code}",
        "dispatched_at": written(sent + 2 * HOUR, supplier.zone),
    }
    site = Node(run.cell.site)
    ledger.deliver(shipment, site, arrived, **cells)
    ledger.received(shipment, site, arrived, 8, **cells)
    _inspect(run, lot, arrived + 6 * HOUR, "Incoming inspection 进货检验")
    run.cell.put(product, [lot])


def _inspect(run: Run, lot: Node, at: int, title: str) -> None:
    outcome = "accepted with deviation" if run.dice.chance(6) else "accepted"
    run.event("test_result", lot.ref, at, title=title, outcome=outcome)


def _compound(run: Run) -> None:
    """Two granulate lots; the second resin lot goes in only after the first lot came out."""
    cell, ledger, line = run.cell, run.ledger, run.cell.place("COMP")
    start = run.at(0, 8)
    batch = run.batch("compounding", "COMP", GRANULATE, start, start + 14 * HOUR)
    _feed(run, batch, DYE, 9_000, start + 5, line)
    lots = [cell.lot(GRANULATE, start, letter) for letter in "AB"]
    for shift, lot in enumerate(lots):
        begin = start + shift * 7 * HOUR
        # The newest lots: one from each supplier, one a shift.
        resin = cell.stock[PVC.code][-2 + shift]
        ledger.consume(resin, batch, 52_000 + run.dice.below(900), begin + 20, line)
        ledger.produce(batch, lot, 58_000, begin + 6 * HOUR, line)
        run.lot_row(lot, 58_000, begin + 6 * HOUR)
        _inspect(run, lot, begin + 6 * HOUR + 30, "Melt flow 熔融指数")
    cell.put(GRANULATE, lots)


def _two_shifts(
    run: Run,
    process: str,
    line: str,
    made: Product,
    parts: Parts,
    amount: int,
    day: int,
) -> None:
    """One batch over two shifts, a lot each; every shift is fed before it gives its lot."""
    cell, place = run.cell, run.cell.place(line)
    start = run.at(day, 8)
    batch = run.batch(process, line, made, start, start + 16 * HOUR)
    lots = [cell.lot(made, start, letter) for letter in "AB"]
    for shift, lot in enumerate(lots):
        begin = start + shift * 8 * HOUR
        for step, (part, needed) in enumerate(parts):
            _feed(run, batch, part, needed // 2, begin + 5 + 10 * step, place)
        run.ledger.produce(batch, lot, amount // 2, begin + 7 * HOUR, place)
        run.lot_row(lot, amount // 2, begin + 7 * HOUR)
    if run.dice.chance(15):
        wrong = run.dice.pick(cell.stock[parts[0][0].code])
        run.ledger.withdraw(wrong, batch, 7, start + 3 * HOUR, place)
    cell.put(made, lots)


def _feed(run: Run, batch: Node, part: Product, amount: int, at: int, place: str) -> None:
    """Feed an amount from stock, oldest lots first: a line may see the change of a lot."""
    for step, (lot, share) in enumerate(run.cell.take(part, amount)):
        run.ledger.consume(lot, batch, share, at + step, place)


def _rework(run: Run) -> None:
    """Sets that leaked are glued again and go back into their own lot: a cycle in the data."""
    if not run.dice.chance(45):
        return
    cell, place = run.cell, run.cell.place("ASSY")
    lot = cell.stock[SET_RAW.code][-1]
    start = run.at(6, 9)
    run.event("nonconformance", lot.ref, start - HOUR, title="Leak at joint 接头漏液")
    batch = run.batch("rework", "ASSY", SET_RAW, start, start + 5 * HOUR)
    run.ledger.consume(lot, batch, 120, start + 10, place)
    _feed(run, batch, GLUE, 90, start + 20, place)
    run.ledger.produce(batch, lot, 110, start + 4 * HOUR, place)


def _build_pumps(run: Run) -> None:
    """Pumps: housings and motors go into the batch, a board into each serialised pump."""
    cell, ledger, place = run.cell, run.ledger, run.cell.place("PUMPS")
    start = run.at(6, 8)
    batch = run.batch("pump assembly", "PUMPS", PUMP, start, start + 9 * HOUR)
    _feed(run, batch, HOUSING, PUMPS, start + 10, place)
    _feed(run, batch, MOTOR, PUMPS, start + 20, place)
    lot = cell.lot(PUMP, start, "P")
    ledger.produce(batch, lot, PUMPS, start + 5 * HOUR, place)
    run.lot_row(lot, PUMPS, start + 5 * HOUR, 8)
    for number in range(PUMPS):
        at = start + 6 * HOUR + 7 * number
        serial = f"SP7{cell.number + 1:03}{run.number + 1:02}{number + 1:03}"
        item = Node(f"(01){PUMP.code}(21){serial}", 1)
        ledger.serialise(lot, item, serial, at)
        board = next((lot for lot, _ in cell.take(BOARD, 1)), None)
        if board is not None:
            ledger.install(board, item, at + 2)
        run.items.append(item)


def _sterilise(run: Run) -> None:
    """One load of sets and lines together, with what an earlier campaign left unsterile."""
    cell, ledger, place = run.cell, run.ledger, run.cell.place("EO")
    start = run.at(8, 7)
    batch = run.batch("sterilisation", "EO", None, start, start + 30 * HOUR)
    if "sterilisation" in run.planted:
        ledger.plant("sterilisation", batch, start)
        ledger.causes["sterilisation"].about = {"batch": batch.ref, "equipment": place}
    _feed(run, batch, POUCH, 3_600, start + 5, place)
    sets = _take_most(run, batch, SET_RAW, start + 20)
    lines = _take_most(run, batch, LINE_RAW, start + 50)
    sizes = ((SET, sets // 2), (SET, sets - sets // 2), (LINE, lines))
    for number, (product, amount) in enumerate(sizes):
        lot, ended = cell.lot(product, start, "STU"[number]), start + 29 * HOUR + number
        ledger.produce(batch, lot, amount, ended, place)
        run.lot_row(lot, amount, ended, 5)
        _inspect(run, lot, ended + 3 * DAY, "Sterility 无菌检查")
        _store(run, product, lot, ended + HOUR)
    run.event("test_result", batch.ref, start + 32 * HOUR, title="Load release 灭菌放行")


def _take_most(run: Run, batch: Node, part: Product, at: int) -> int:
    """Take what earlier campaigns left and most of the new lots; the rest waits for the next."""
    taken = 0
    for step, (lot, there) in enumerate(run.cell.take(part, 10**6)):
        amount = there if run.dice.chance(60) else max(1, there * 9 // 10)
        run.ledger.consume(lot, batch, amount, at + step, run.cell.place("EO"))
        taken += amount
    return taken


def _relabel(run: Run) -> None:
    """A part of a lot becomes a partner's lot; what two lots have left may be merged into one."""
    cell, at = run.cell, run.at(12, 10)
    first, *_, last = cell.stock[SET.code]
    if run.dice.chance(50):
        oem = cell.lot(SET_OEM, at, "O")
        run.ledger.relabel(last, oem, last.left // 3, at)
        run.lot_row(oem, oem.left, at, 5)
        _store(run, SET_OEM, oem, at + HOUR)
    if run.dice.chance(40) and first is not last:
        merged = cell.lot(SET, at, "M")
        for step, lot in enumerate((first, last)):
            run.ledger.relabel(lot, merged, lot.left // 4, at + HOUR + step)
        run.lot_row(merged, merged.left, at + HOUR, 5)
        _store(run, SET, merged, at + 2 * HOUR)


def _store(run: Run, product: Product, lot: Node, at: int) -> None:
    """A finished lot comes into the cold store; what no longer is in stock leaves it."""
    place = run.cell.place("COLD")
    before = run.cell.stock.get(product.code, [])
    run.cell.put(product, [lot])
    for other in before:
        if not any(other is kept for kept in run.cell.stock[product.code]):
            run.ledger.leave(other, place, at)
    run.ledger.store(lot, place, at)
