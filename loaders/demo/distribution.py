"""From sterile lots to hospitals: cases, pallets, distributors, returns and complaints."""

from __future__ import annotations

from dataclasses import dataclass

from loaders.demo.clock import CUTOFF, DAY, HOUR, written
from loaders.demo.company import CARRIERS, DISTRIBUTORS, LINE, SET, SET_OEM, Party, hospital
from loaders.demo.ledger import Node
from loaders.demo.plant import Run

PIECES = 130
PUMPS_A_CASE = 4
CASES_A_PALLET = 9

#: Deliveries in a hundred whose receipt nobody recorded.
LOST_RECEIPTS = 3

COMPLAINTS = (
    "Leak at drip chamber 滴斗渗漏",
    "Flow stops 滴注中断",
    "Pouch not sealed 包装未封口",
    "Particle in tube 管内异物",
    "Occlusion alarm 阻塞报警",
)


@dataclass(slots=True)
class Case:
    """A packed case, and what is in it since which minute."""

    unit: Node
    contents: list[tuple[Node, int]]


def distribute(run: Run, hospitals: int) -> None:
    """Pack, ship and follow what a campaign has made, as far as the year goes."""
    cases = _pumps(run, run.at(12, 9))
    cases += _packed(run, run.at(13, 8), 2)
    if "excursion" in run.planted:
        _excursion(run, run.at(14, 12))
    cases += _packed(run, run.at(15, 8), 1)
    for first in range(0, len(cases), CASES_A_PALLET):
        pallet_at = run.at(16, 8) + first * 10
        _to_distributor(run, cases[first : first + CASES_A_PALLET], pallet_at, hospitals)


def _new_case(run: Run, kind: str) -> Node:
    unit = Node(run.cell.unit())
    run.writer.row("units", unit_id=unit.ref, unit_type=kind, place_id=run.cell.place("WH"))
    return unit


def _pumps(run: Run, at: int) -> list[Case]:
    """Pumps in cases of a few."""
    cases = []
    for first in range(0, len(run.items), PUMPS_A_CASE):
        items = run.items[first : first + PUMPS_A_CASE]
        unit = _new_case(run, "case")
        contents = [(item, at + 5 * first + step) for step, item in enumerate(items)]
        for item, packed in contents:
            run.ledger.pack(item, unit, 1, packed)
        cases.append(Case(unit, contents))
    return cases


def _packed(run: Run, at: int, part: int) -> list[Case]:
    """Cases of one in ``part`` of what each finished lot in stock still has."""
    cases = []
    for product in (SET, SET_OEM, LINE):
        for lot in run.cell.stock.get(product.code, []):
            for number in range(lot.left // part // PIECES):
                unit = _new_case(run, "case")
                run.ledger.pack(lot, unit, PIECES, at + 2 * number, run.cell.place("WH"))
                cases.append(Case(unit, [(lot, at + 2 * number)]))
                if not lot.left:
                    run.ledger.leave(lot, run.cell.place("COLD"), at + 2 * number)
    return cases


def _excursion(run: Run, at: int) -> None:
    """The cold store fails: what lies in it then is affected, what has left it is not."""
    store = run.cell.place("COLD")
    end = at + 6 * HOUR
    cause = run.ledger.causes["excursion"]
    cause.about = {"place": store, "from": written(at), "to": written(end)}
    for product in (SET, SET_OEM, LINE):
        for lot in run.cell.stock.get(product.code, []):
            if lot.left > 0:
                run.ledger.plant("excursion", lot, at)
    cause.about["event"] = run.event(
        "storage_excursion",
        store,
        at,
        ended_at=written(end),
        place_id=store,
        title="Cold store above 25 °C 冷库超温",
        severity="major",
    )


def _to_distributor(run: Run, cases: list[Case], at: int, hospitals: int) -> None:
    """A pallet goes to a distributor, who unpacks it and sends the cases on."""
    if at + 2 * DAY > CUTOFF:
        return
    dealer, pallet, sent = run.dice.pick(DISTRIBUTORS), _new_case(run, "pallet"), at + DAY
    for step, case in enumerate(cases):
        run.ledger.pack(case.unit, pallet, 1, at + 3 * step)
    number = f"D-{run.cell.number + 1:03}-{run.number + 1:02}-{pallet.ref[-6:]}"
    leg = Leg(number, run.cell.site, 8, f"party:{dealer.code}", dealer.zone, sent)
    arrived = _ship(run, leg, [pallet], 5)
    if arrived is None or arrived + DAY > CUTOFF:
        return
    unpacked = arrived + run.dice.between(4 * HOUR, 20 * HOUR)
    for step, case in enumerate(cases):
        run.ledger.unpack(case.unit, pallet, 1, at + 3 * step, unpacked)
    _onward(run, cases, dealer, unpacked, hospitals)


@dataclass(frozen=True, slots=True)
class Leg:
    """One shipment to be: number, from where to where with their zones, and when it leaves."""

    number: str
    origin: str
    zone: int
    to: str
    to_zone: int
    sent: int
    kind: str = "outbound"


def _ship(run: Run, leg: Leg, contents: list[Node], days: int) -> int | None:
    """Ship contents; the minute they arrived, or None while that is not recorded.

    What arrives after the year is under way; a few receipts were never recorded.
    """
    back = leg.kind == "return"
    shipment = Node(f"shipment:{leg.number}")
    for step, content in enumerate(contents):
        run.ledger.load(content, shipment, leg.sent - HOUR + step, leg.zone, returned=back)
    arrived = leg.sent + run.dice.between(DAY, days * DAY)
    under_way = arrived > CUTOFF or run.dice.chance(LOST_RECEIPTS)
    cells = {
        "kind": leg.kind,
        "from_id": leg.origin,
        "carrier_id": run.dice.pick(CARRIERS).code,
        "asn": f"ASN-{leg.number}",
        "dispatched_at": written(leg.sent, leg.zone),
    }
    to = Node(leg.to)
    run.ledger.deliver(shipment, to, None if under_way else arrived, **cells)
    if not under_way:
        run.ledger.received(shipment, to, arrived, leg.to_zone, **cells)
    return None if under_way else arrived


def _onward(run: Run, cases: list[Case], dealer: Party, at: int, hospitals: int) -> None:
    """A distributor sends cases on, one to three at a time; some to another distributor first."""
    rest = list(cases)
    while rest:
        size = run.dice.between(1, 3)
        group, rest = rest[:size], rest[size:]
        sent = at + run.dice.between(DAY, 18 * DAY)
        if run.dice.chance(12):
            _through(run, group, dealer, sent, hospitals)
        elif sent < CUTOFF:
            _to_hospital(run, group, dealer, sent, hospitals)


def _through(run: Run, cases: list[Case], dealer: Party, sent: int, hospitals: int) -> None:
    """A second distributor stands between the first and the hospital."""
    others = [other for other in DISTRIBUTORS if other is not dealer]
    second = run.dice.pick(others)
    if sent > CUTOFF:
        return
    leg = _leg(run, cases, dealer, second, sent)
    arrived = _ship(run, leg, [case.unit for case in cases], 4)
    onward = None if arrived is None else arrived + run.dice.between(DAY, 6 * DAY)
    if onward is not None and onward < CUTOFF:
        _to_hospital(run, cases, second, onward, hospitals)


def _to_hospital(run: Run, cases: list[Case], dealer: Party, sent: int, hospitals: int) -> None:
    """Cases reach a hospital, which may complain or send something back."""
    house = hospital(run.dice.below(hospitals))
    leg = _leg(run, cases, dealer, house, sent)
    arrived = _ship(run, leg, [case.unit for case in cases], 4)
    if arrived is None:
        return
    case = run.dice.pick(cases)
    if _must_complain(run, case) or run.dice.chance(8):
        _complain(run, case, house, arrived + run.dice.between(6 * DAY, 30 * DAY))
    if run.dice.chance(6):
        _send_back(run, case, house, arrived + run.dice.between(5 * DAY, 25 * DAY))


def _leg(run: Run, cases: list[Case], dealer: Party, to: Party, sent: int) -> Leg:
    number = f"{dealer.code}-{cases[0].unit.ref[-9:]}-{to.code[:3]}"
    return Leg(number, f"party:{dealer.code}", dealer.zone, f"party:{to.code}", to.zone, sent)


def _must_complain(run: Run, case: Case) -> bool:
    """Whether this is the first finished lot in the field that the bad resin has reached."""
    lot = case.contents[0][0]
    about = run.ledger.causes["resin"].about
    return "(10)" in lot.ref and "resin" in lot.since and "complaint" not in about


def _complain(run: Run, case: Case, house: Party, at: int) -> None:
    if at > CUTOFF:
        return
    subject = run.dice.pick(case.contents)[0]
    title = run.dice.pick(COMPLAINTS)
    first = _must_complain(run, case)
    number = run.event("complaint", subject.ref, at, title=title, severity="serious")
    if first:
        about = run.ledger.causes["resin"].about
        about |= {"complaint": number, "complaint_lot": subject.ref, "hospital": house.code}


def _send_back(run: Run, case: Case, house: Party, at: int) -> None:
    """A hospital returns a pump out of its case, or else a whole case."""
    if at > CUTOFF:
        return
    content, packed = run.dice.pick(case.contents)
    back = case.unit
    if "(21)" in content.ref:
        run.ledger.unpack(content, case.unit, 1, packed, at - DAY)
        back = content
    number = f"R-{house.code}-{case.unit.ref[-9:]}"
    area = run.cell.place("RETURNS")
    leg = Leg(number, f"party:{house.code}", house.zone, area, 8, at, "return")
    _ship(run, leg, [back], 9)
