"""Generates the demo company: canonical tables and a truth file, the same for the same seed.

Cells are generated one after the other, and within a cell campaign after
campaign; only a few lots are carried over. So memory does not grow with scale.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from errno import EEXIST, ENOTEMPTY
from pathlib import Path
from tempfile import TemporaryDirectory

from genealogy.errors import InvalidInput
from loaders.demo.cell import LINES, Cell, site_id
from loaders.demo.clock import DAY
from loaders.demo.company import (
    CARRIERS,
    DISTRIBUTORS,
    MAKER,
    PRODUCTS,
    SUPPLIERS,
    Party,
    gln,
    hospital,
)
from loaders.demo.dice import Dice
from loaders.demo.distribution import distribute
from loaders.demo.ledger import Ledger
from loaders.demo.plant import Run, make
from loaders.demo.truth import FILE, Cause, Truth
from loaders.demo.writer import TableWriter

CAMPAIGNS_A_CELL = 20
CAMPAIGN_DAYS = 16
_FIRST_DAY = 15

#: The campaign of the first cell in which each cause is planted.
PLANTED = {"resin": 2, "sterilisation": 6, "line_window": 10, "excursion": 14}


def generate(out_dir: Path, *, seed: int = 1, scale: float = 1.0) -> Truth:
    """Write the tables and ``truth.json`` of a demo company into a folder.

    Scale 1 is about 5,000 flow edges and one production cell over the year 2026.
    Equal seed and scale give equal bytes everywhere. They are made in a folder of
    their own and moved when all is done, so that an interrupted run leaves nothing
    that looks like a company; other files in ``out_dir`` are not touched.
    Raises InvalidInput when the folder cannot be written.
    """
    with _writable(out_dir):
        # Within the folder when it exists: what holds it may be another device.
        beside = out_dir if out_dir.exists() else out_dir.parent
        if beside != out_dir:
            beside.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=beside, prefix=".company-") as passing:
            made = Path(passing) / "company"
            truth = _made(made, seed, scale)
            _publish(made, out_dir)
    return truth


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidInput("unwritable_folder", path=folder, reason=error.strerror) from error


def _publish(made: Path, out_dir: Path) -> None:
    # Only an empty folder is replaced: whoever else has filled it keeps what it reads.
    if not out_dir.exists() and _moved(made, out_dir):
        return
    if _known(out_dir) != _known(made):
        # Without a truth file nobody takes tables of two companies for one.
        (out_dir / FILE).unlink(missing_ok=True)
    for file in sorted(made.iterdir(), key=lambda file: file.name == FILE):
        file.replace(out_dir / file.name)


def _moved(made: Path, out_dir: Path) -> bool:
    """Whether the folder is there now; not when another run was faster."""
    try:
        made.rename(out_dir)
    except OSError as error:
        if error.errno not in (ENOTEMPTY, EEXIST):
            raise
        return False
    return True


def _known(folder: Path) -> bytes | None:
    """The truth file of a company, or None where there is none."""
    try:
        return (folder / FILE).read_bytes()
    except FileNotFoundError:
        return None


def _made(folder: Path, seed: int, scale: float) -> Truth:
    campaigns = max(1, round(CAMPAIGNS_A_CELL * scale))
    hospitals = 30 + campaigns // 2
    causes = {cause.name: cause for cause in _causes()}
    with TableWriter(folder) as writer:
        _master_data(writer, -(-campaigns // CAMPAIGNS_A_CELL), hospitals)
        ledger = Ledger(writer, causes, Dice(seed, "ledger"))
        for run in _runs(seed, campaigns, ledger):
            make(run)
            distribute(run, hospitals)
    truth = _truth(seed, scale, ledger)
    truth.write(folder)
    return truth


def _truth(seed: int, scale: float, ledger: Ledger) -> Truth:
    about = ledger.causes["resin"].about
    causes = tuple(ledger.causes.values())
    suspect, complaint_lot = about["lot"], about.get("complaint_lot", "")
    complaint = f"quality:{about['complaint']}" if complaint_lot else ""
    return Truth(seed, scale, ledger.flows, suspect, complaint_lot, complaint, causes)


def _causes() -> tuple[Cause, ...]:
    return (
        Cause("resin", "Contaminated resin lot of a supplier", "供应商树脂批次受污染"),
        Cause("sterilisation", "Sterilisation load below dose", "灭菌批次剂量不足"),
        Cause("line_window", "Moulding machine with a wrong setting", "注塑机参数设置错误"),
        Cause("excursion", "Cold store failure", "冷库温度超标"),
    )


def _runs(seed: int, campaigns: int, ledger: Ledger) -> Iterator[Run]:
    for number in range(campaigns):
        index, campaign = divmod(number, CAMPAIGNS_A_CELL)
        if campaign == 0:
            cell = Cell(index)
        # Cells start on different days, so that a large company is busy every day.
        day = _FIRST_DAY + campaign * CAMPAIGN_DAYS + index % 11
        planted = _planted(campaign, campaigns) if index == 0 else frozenset()
        dice = Dice(seed, index, campaign)
        ledger.dice = Dice(seed, index, campaign, "ledger")
        yield Run(cell, campaign, day * DAY, ledger, dice, planted)


def _planted(campaign: int, campaigns: int) -> frozenset[str]:
    last = min(campaigns, CAMPAIGNS_A_CELL) - 1
    return frozenset(cause for cause, at in PLANTED.items() if min(at, last) == campaign)


def _master_data(writer: TableWriter, cells: int, hospitals: int) -> None:
    for product in PRODUCTS:
        writer.row(
            "products",
            product_id=product.code,
            name=product.name,
            name_zh=product.name_zh,
            gtin=product.code if product.has_gtin else "",
            base_uom=product.uom,
            product_line=product.line,
            material_type=product.kind,
            revision="B",
        )
    for number, party in enumerate(_parties(hospitals)):
        _party_row(writer, number, party)
    for cell in range(cells):
        _place_rows(writer, cell)


def _parties(hospitals: int) -> Iterator[Party]:
    yield from (*SUPPLIERS, *CARRIERS, *DISTRIBUTORS)
    for number in range(hospitals):
        yield hospital(number)


def _party_row(writer: TableWriter, number: int, party: Party) -> None:
    writer.row(
        "parties",
        party_id=party.code,
        name=party.name,
        name_zh=party.name_zh,
        roles=party.roles,
        country=party.country,
        gln=gln(number) if number < 100_000 else "",
        contact=f"recall@{party.code.lower()}.example",
    )


def _place_rows(writer: TableWriter, number: int) -> None:
    site = site_id(number)
    if number == 0 or site_id(number - 1) != site:
        series = site.rpartition("-")[2]
        names = {"name": f"{MAKER} plant {series}", "name_zh": f"澄泉{series}厂"}
        writer.row("places", place_id=site, place_type="site", country="CN", **names)
    cell = Cell(number)
    for line, name, name_zh, kind in LINES:
        names = {"name": f"{name}, cell {number + 1}", "name_zh": f"{name_zh}（{number + 1}）"}
        writer.row("places", place_id=cell.place(line), place_type=kind, parent_id=site, **names)
