"""A made-up plant for measurements: layers of batches, from supplier lots to deliveries.

Time runs along each layer, and a batch draws on lots of the layer before that were
made a while ago. That while is long at the beginning and short at the end, so old
lots reach nearly everything and young ones little: answers of every size exist. Some
lots go back into their own batch, which makes cycles. The same seed and scale give the same plant.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

LAYERS = 8
INPUTS = 5
OUTPUTS = 2
SHARED = 10
LOTS_PER_SHIPMENT = 8
CUSTOMERS = 200
PRODUCTS = 40
REWORKED = 0.002
LONGEST = 0.5

START = datetime(2025, 1, 6, tzinfo=UTC)
SPAN = timedelta(days=300)
STEP = timedelta(days=15)
RUN = timedelta(days=5)
HOUR = timedelta(hours=1)

HEADERS = {
    "products": ("product_id", "name", "base_uom"),
    "parties": ("party_id", "name", "roles"),
    "lots": ("lot_id", "product_id", "quantity", "uom", "produced_at", "status"),
    "batches": ("batch_id", "process", "started_at", "ended_at"),
    "shipments": ("shipment_id", "kind", "to_id", "dispatched_at", "received_at"),
    "consumption": ("batch_id", "input_id", "quantity", "uom", "occurred_at"),
    "production": ("batch_id", "output_id", "quantity", "uom", "occurred_at"),
    "shipment_lines": ("shipment_id", "content_id", "quantity", "uom", "loaded_at"),
}

Line = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Plant:
    """How big a plant is, and by which seed it is drawn; scale 1 has 193,000 nodes."""

    scale: float = 1.0
    seed: int = 20_260_301

    @property
    def batches(self) -> int:
        """Batches in each layer."""
        return max(4, round(9_000 * self.scale))

    @property
    def lots(self) -> int:
        """Lots in each layer but the first."""
        return self.batches * OUTPUTS

    @property
    def supplied(self) -> int:
        """Lots in the first layer: few, for one delivery feeds many batches."""
        return max(2, self.lots // SHARED)

    def supplied_lot(self, place: float) -> str:
        """The lot of the first layer at this part of its length, from 0 to 1."""
        return _lot_id(0, min(self.supplied - 1, int(place * self.supplied)))

    def tables(self) -> Iterator[tuple[str, Line]]:
        """Every record with its table; nothing is kept in memory."""
        yield from _masters()
        for position in range(self.supplied):
            yield _lot(0, position, self._time(0, position / self.supplied))
        for layer in range(1, LAYERS):
            dice = Random(f"{self.seed} {layer}")
            for number in range(self.batches):
                yield from self._batch(dice, layer, number)
        yield from self._shipments()

    def write(self, folder: Path) -> None:
        """Write the plant as canonical tables into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        files = {t: (folder / f"{t}.csv").open("w", encoding="utf-8", newline="") for t in HEADERS}
        try:
            writers = {table: csv.writer(file) for table, file in files.items()}
            for table, header in HEADERS.items():
                writers[table].writerow(header)
            for table, line in self.tables():
                writers[table].writerow(line)
        finally:
            for file in files.values():
                file.close()

    def _batch(self, dice: Random, layer: int, number: int) -> Iterator[tuple[str, Line]]:
        at = number / self.batches
        start, batch = self._time(layer, at), f"L{layer}-{number:06}"
        yield "batches", (batch, f"step {layer}", _iso(start), _iso(start + RUN))
        for lot in self._inputs(dice, layer, number):
            dosed = start + dice.random() * 0.8 * RUN
            yield "consumption", (batch, lot, f"{dice.randint(10, 900)}.5", "KGM", _iso(dosed))
        for i in range(OUTPUTS):
            made = start + (0.4 + 0.6 * dice.random()) * RUN
            table, line = _lot(layer, number * OUTPUTS + i, made)
            yield table, line
            yield "production", (batch, line[0], line[2], "KGM", _iso(made))
            if dice.random() < REWORKED:
                yield "consumption", (batch, line[0], line[2], "KGM", _iso(made + HOUR))

    def _inputs(self, dice: Random, layer: int, number: int) -> Iterator[str]:
        # A batch may take the same lot twice: two doses are two movements.
        for _ in range(INPUTS):
            yield self._past_lot(dice, layer - 1, number / self.batches)

    def _past_lot(self, dice: Random, layer: int, now: float) -> str:
        lots = self.lots if layer else self.supplied
        reach = 4 + round(lots * LONGEST * (1 - now) ** 2)
        return _lot_id(layer, max(0, int(now * lots) - dice.randrange(reach)))

    def _shipments(self) -> Iterator[tuple[str, Line]]:
        dice, day = Random(f"{self.seed} shipments"), timedelta(days=1)
        for first in range(0, self.lots, LOTS_PER_SHIPMENT):
            number = f"SHP-{first:06}"
            sent = self._time(LAYERS, first / self.lots)
            customer = f"party:C{dice.randrange(CUSTOMERS):03}"
            yield "shipments", (number, "outbound", customer, _iso(sent), _iso(sent + 2 * day))
            for position in range(first, min(first + LOTS_PER_SHIPMENT, self.lots)):
                lot = _lot_id(LAYERS - 1, position)
                yield "shipment_lines", (number, lot, "40.5", "KGM", _iso(sent))

    def _time(self, layer: int, at: float) -> datetime:
        return START + layer * STEP + at * SPAN


def _masters() -> Iterator[tuple[str, Line]]:
    for i in range(PRODUCTS):
        yield "products", (f"P{i:02}", f"Product {i}", "KGM")
    for i in range(CUSTOMERS):
        yield "parties", (f"C{i:03}", f"Customer {i}", "customer")


def _lot(layer: int, position: int, made: datetime) -> tuple[str, Line]:
    product = f"P{(layer * 5 + position) % PRODUCTS:02}"
    lot = _lot_id(layer, position)
    return "lots", (lot, product, f"{100 + position % 900}.5", "KGM", _iso(made), "released")


def _lot_id(layer: int, position: int) -> str:
    return f"lot:PLANT:L{layer}:{layer}{position:06}"


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
