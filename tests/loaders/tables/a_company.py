"""A small sound set of tables, one row of each kind at least, and ways to write it."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

Rows = list[dict[str, str]]

RESIN = "lot:SUP-1:RM-204:24A0871"
CAP = "(01)09506000134352(10)B7"
PUMP = "(01)09506000134369(21)0001"

COMPANY: dict[str, Rows] = {
    "products": [
        {"product_id": "RM-204", "name": "Resin", "name_zh": "树脂", "base_uom": "KGM"},
        {"product_id": "09506000134352", "name": "Cap", "base_uom": "H87", "revision": "B"},
    ],
    "product_units": [
        {"product_id": "RM-204", "uom": "XSA", "factor": "25"},
        {"product_id": "RM-204", "uom": "LTR", "factor": "0.92"},
    ],
    "parties": [
        {"party_id": "SUP-1", "name": "Harz AG", "roles": "supplier", "country": "DE"},
        {"party_id": "CUS-1", "name": "仁和医院", "roles": "customer", "country": "CN"},
    ],
    "places": [
        {"place_id": "S1", "name": "Site", "place_type": "site"},
        {"place_id": "L1", "name": "Line 1", "place_type": "line", "parent_id": "S1"},
        {"place_id": "T1", "name": "Tank", "place_type": "vessel", "parent_id": "S1"},
    ],
    "lots": [
        {
            "assigner_id": "SUP-1",
            "product_id": "RM-204",
            "lot_code": "24A0871",
            "quantity": "500.000",
            "uom": "KGM",
            "expires_on": "2028-01-31",
        },
        {"lot_id": CAP, "produced_at": "2026-02-01T12:00:00+08:00"},
    ],
    "items": [
        {
            "product_id": "09506000134369",
            "serial": "0001",
            "lot_id": "S1:PUMP:L1",
            "serialised_at": "2026-02-02T08:00:00Z",
        }
    ],
    "units": [{"unit_id": "006141411234567890", "unit_type": "case"}],
    "batches": [
        {
            "batch_id": "WO-1",
            "process": "moulding",
            "line_id": "L1",
            "site_id": "S1",
            "started_at": "2026-02-01T08:00:00+08:00",
            "ended_at": "2026-02-01T16:00:00+08:00",
        }
    ],
    "supplies": [
        {
            "supplier_id": "SUP-1",
            "supplied_id": RESIN,
            "quantity": "500",
            "uom": "KGM",
            "occurred_at": "2026-01-20T09:00:00+01:00",
        }
    ],
    "consumption": [
        {
            "batch_id": "WO-1",
            "input_id": RESIN,
            "quantity": "12500",
            "uom": "GRM",
            "occurred_at": "2026-02-01T08:05:00+08:00",
            "place_id": "L1",
        }
    ],
    "production": [
        {
            "batch_id": "WO-1",
            "output_id": CAP,
            "quantity": "2000",
            "uom": "H87",
            "occurred_at": "2026-02-01T15:00:00+08:00",
        }
    ],
    "assembly": [
        {"part_id": CAP, "host_id": PUMP, "quantity": "1", "installed_at": "2026-02-02T07:00:00Z"}
    ],
    "containment": [
        {
            "child_id": PUMP,
            "unit_id": "006141411234567890",
            "packed_at": "2026-02-02T10:00:00Z",
            "unpacked_at": "2026-02-09T10:00:00Z",
        }
    ],
    "shipments": [
        {
            "shipment_id": "D-1",
            "kind": "outbound",
            "from_id": "place:S1",
            "to_id": "party:CUS-1",
            "dispatched_at": "2026-02-03T10:00:00Z",
            "received_at": "2026-02-05T10:00:00Z",
        }
    ],
    "shipment_lines": [
        {"shipment_id": "D-1", "content_id": "unit:006141411234567890", "returned": "false"},
        {"shipment_id": "D-2", "content_id": PUMP, "returned": "true"},
    ],
    "vessel_moves": [
        {"vessel_id": "T1", "direction": "load", "other_id": RESIN, "quantity": "5", "uom": "LTR"},
        {"vessel_id": "T1", "direction": "draw", "other_id": "batch:WO-1"},
    ],
    "relabels": [{"from_lot_id": RESIN, "to_lot_id": "lot:S1:RM-204:R-1"}],
    "stays": [
        {
            "content_id": RESIN,
            "stored_at": "L1",
            "came_from": "S1",
            "quantity": "5",
            "uom": "KGM",
            "arrived_at": "2026-02-01T10:00:00Z",
            "left_at": "2026-02-03T10:00:00Z",
        }
    ],
    "quality_events": [
        {
            "event_id": "C-1",
            "kind": "complaint",
            "about_id": PUMP,
            "reported_at": "2026-03-01T00:00:00Z",
            "title": "Leaks, 漏液",
        }
    ],
}


def table_text(rows: Rows) -> str:
    """Rows as CSV text with a header of all their columns."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write_tables(folder: Path, tables: dict[str, Rows]) -> Path:
    """The tables as CSV files in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text(table_text(rows), encoding="utf-8")
    return folder


def write_zip(path: Path, members: dict[str, str]) -> Path:
    """A zip of members by name."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path
