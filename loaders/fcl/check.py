"""Checks the rows of a file: what can be used, and why the rest cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from genealogy.impact.foodchain.network import Delivery, Network, PartialDate, Station
from genealogy.impact.foodchain.web import Hidden
from genealogy.model.units import unit_like
from loaders.fcl.document import Document, Row
from loaders.report import Reject, Remark

_DATE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?)?"
    r"|(?:(?:(?P<day2>\d{1,2})\.)?(?P<month2>\d{1,2})\.)?(?P<year2>\d{4})"
)
#: What no id can be: with control characters in it, or longer than any.
_UNFIT = re.compile(r"[\x00-\x1f\x7f]|.{401}")
_AMOUNT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[^\d\s][^\d]*)")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
DEPARTURE, ARRIVAL = "Date Delivery", "Date Delivery Arrival"
#: The columns that FoodChain-Lab itself has for a lot: its key, and its number as printed.
LOT_KEY, LOT_NUMBER = "Lot ID", "Lot Number"


@dataclass(frozen=True, slots=True)
class Sent:
    """A delivery as its row tells it; ``lot`` is its key, ``number`` the lot number as printed."""

    row: Row
    delivery: Delivery
    name: str | None
    number: str | None
    quantity: Decimal | None
    uom: str | None


@dataclass(slots=True)
class Checked:
    """What of a file can be used, by id; and the reasons why the rest cannot, row by row."""

    stations: dict[str, Row] = field(default_factory=dict)
    deliveries: dict[str, Sent] = field(default_factory=dict)
    relations: dict[tuple[str, str], Row] = field(default_factory=dict)
    rejects: list[tuple[Reject, ...]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    duplicates: int = 0

    def network(self, tracing: Mapping[str, Any] | None = None) -> Network:
        """The network for FoodChain-Lab's scores, with the settings of a tracing if given."""
        marks = {kind: _marks(tracing, kind) for kind in ("nodes", "deliveries")}
        return Network(
            {s: Station(s, *marks["nodes"].get(s, _UNMARKED)) for s in self.stations},
            {d: _marked(sent, marks["deliveries"].get(d)) for d, sent in self.deliveries.items()},
            frozenset(self.relations),
        )

    def hidden(self, settings: Mapping[str, Any] | None) -> Hidden:
        """What the settings of a view hide, or hold in groups; with stations, their deliveries."""
        told = settings or {}
        view = told.get("view") or {}
        unseen = _names((view.get("node") or {}).get("invisibleNodes"))
        edges = _names((view.get("edge") or {}).get("invisibleEdges"))
        groups = told.get("metaNodes") or ()
        held = {name for group in groups for name in _names(group.get("members"))}
        at_unseen = {
            name
            for name, sent in self.deliveries.items()
            if unseen & {sent.delivery.source, sent.delivery.target}
        }
        return Hidden(frozenset(unseen | held), frozenset(edges | at_unseen))


def _names(told: Any) -> set[str]:
    return set(map(str, told)) if isinstance(told, list) else set()


_Marks = tuple[Fraction, bool, bool]
_UNMARKED: _Marks = (Fraction(), False, False)


def _marks(tracing: Mapping[str, Any] | None, kind: str) -> dict[str, _Marks]:
    """The weight and flags of each station or delivery that a tracing tells of."""
    told = (tracing or {}).get(kind)
    return {
        str(one["id"]): (
            Fraction(one.get("weight") or 0),
            bool(one.get("crossContamination")),
            bool(one.get("killContamination")),
        )
        for one in (told if isinstance(told, list) else ())
    }


def _marked(sent: Sent, marks: _Marks | None) -> Delivery:
    d, (weight, crossed, killed) = sent.delivery, marks or _UNMARKED
    return Delivery(
        d.id, d.source, d.target, d.lot, d.departure, d.arrival, weight, crossed, killed
    )


def checked(document: Document, file: str) -> Checked:
    """The rows of a document that can be used."""
    found = Checked()
    for row in document.stations:
        _station(found, file, row)
    for row in document.deliveries:
        _delivery(found, file, row)
    for row in document.relations:
        _relation(found, file, row)
    if document.tracing:
        found.remarks.append(Remark(file, None, "tracing", None, "fcl_tracing"))
    found.remarks += _mixed_lots(found, file)
    return found


def _station(found: Checked, file: str, row: Row) -> None:
    name = cell(row, "ID")
    if name is None or _UNFIT.search(name):
        _refuse(found, file, row, "ID", name, "fcl_bad_id" if name else "fcl_no_value")
    elif name in found.stations:
        _again(found, file, row, name, found.stations[name])
    else:
        found.stations[name] = row


def _delivery(found: Checked, file: str, row: Row) -> None:
    name, source, target = (cell(row, column) for column in ("ID", "from", "to"))
    if name is None or source is None or target is None:
        missing = next(c for c in ("ID", "from", "to") if cell(row, c) is None)
        _refuse(found, file, row, missing, None, "fcl_no_value")
    elif _UNFIT.search(name):
        _refuse(found, file, row, "ID", name, "fcl_bad_id")
    elif name in found.deliveries:
        _again(found, file, row, name, found.deliveries[name].row)
    elif unknown := [c for c in ("from", "to") if cell(row, c) not in found.stations]:
        _refuse(found, file, row, unknown[0], cell(row, unknown[0]), "fcl_unknown_station")
    else:
        found.deliveries[name] = _sent(found, file, row, name, source, target)


def _sent(found: Checked, file: str, row: Row, name: str, source: str, target: str) -> Sent:
    product, number = cell(row, "Name"), cell(row, LOT_NUMBER)
    key = cell(row, LOT_KEY)
    # As FCL-Web does: without a key of its own a lot is known by station, product and number.
    lot = f"{source}|{product or name}|{key or number or name}"
    quantity, uom = amount(cell(row, "Amount"))
    departure, arrival = (_date(found, file, row, c) for c in (DEPARTURE, ARRIVAL))
    delivery = Delivery(name, source, target, lot, departure, arrival)
    return Sent(row, delivery, product, number or key, quantity, uom)


def _relation(found: Checked, file: str, row: Row) -> None:
    ends = [(column, cell(row, column)) for column in ("from", "to")]
    for column, name in ends:
        if name is None:
            return _refuse(found, file, row, column, None, "fcl_no_value")
        if name not in found.deliveries:
            return _refuse(found, file, row, column, name, "fcl_unknown_delivery")
    before, after = (found.deliveries[name].delivery for _, name in ends if name)
    if before.id == after.id:
        return _refuse(found, file, row, "to", after.id, "fcl_own_relation")
    if before.target != after.source:
        return _refuse(found, file, row, "to", after.id, "fcl_wrong_relation", first=before.id)
    if (before.id, after.id) in found.relations:
        found.duplicates += 1
    found.relations.setdefault((before.id, after.id), row)
    return None


def _again(found: Checked, file: str, row: Row, name: str, first: Row) -> None:
    """A row with an id that was there before: the same again, or a contradiction."""
    if row.cells == first.cells:
        found.duplicates += 1
    else:
        _refuse(found, file, row, "ID", name, "fcl_double_id", first=first.path)


def _refuse(
    found: Checked, file: str, row: Row, column: str, value: str | None, code: str, **params: str
) -> None:
    place = f"{row.path}.{column}"
    found.rejects.append((Reject(file, None, place, value, code, params),))


def cell(row: Row, column: str) -> str | None:
    """A cell as text; null where there is none, it is blank, or no single value."""
    value = row.cells.get(column)
    told = "" if value is None or isinstance(value, list | dict) else str(value).strip()
    return told or None


def amount(told: str | None) -> tuple[Decimal | None, str | None]:
    """Quantity and unit code of an amount such as ``20 kg``; null where that cannot be told."""
    found = _AMOUNT.fullmatch(told or "")
    if found is None:
        return None, None
    unit = found["unit"].strip()
    code = unit_like(unit) or unit_like(unit.removesuffix("s"))
    return (Decimal(found["number"]), code) if code else (None, None)


def _date(found: Checked, file: str, row: Row, column: str) -> PartialDate:
    told = cell(row, column)
    parsed = date(told) if told else PartialDate()
    if parsed is None:
        place = f"{row.path}.{column}"
        found.remarks.append(Remark(file, None, place, told, "fcl_date"))
        return PartialDate()
    return parsed


def date(told: str) -> PartialDate | None:
    """A date of which day and month may be missing; null where it is none."""
    found = _DATE.fullmatch(told)
    if found is None:
        return None
    year, month, day = (found[n] or found[f"{n}2"] for n in ("year", "month", "day"))
    parts = [None if part is None else int(part) for part in (year, month, day)]
    fits = (parts[0] or 0) >= 1 and 1 <= (parts[1] or 1) <= 12
    if not fits or not 1 <= (parts[2] or 1) <= _DAYS[(parts[1] or 1) - 1]:
        return None
    return PartialDate(*parts)


def _mixed_lots(found: Checked, file: str) -> Iterable[Remark]:
    """Lots of which deliveries are told to hold different things; each is taken to hold all."""
    held: dict[str, set[str]] = {name: set() for name in found.deliveries}
    for before, after in found.relations:
        held[after].add(before)
    first: dict[str, str] = {}
    told: set[str] = set()
    for name, sent in found.deliveries.items():
        lot = sent.delivery.lot or name
        other = first.setdefault(lot, name)
        if held[other] != held[name] and lot not in told:
            told.add(lot)
            yield Remark(file, None, sent.row.path, sent.number, "fcl_mixed_lot", {"first": other})
