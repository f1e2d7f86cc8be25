"""A small food chain as FCL-Web would save it, and ways to load and give back such files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from genealogy.exports.as_fcl import document
from genealogy.model.facts import NodeId
from genealogy.trace.details import with_details
from genealogy.trace.result import Trace, TraceQuery
from genealogy.trace.run import trace
from loaders.fcl import load_fcl
from loaders.fcl.check import Checked, checked
from loaders.fcl.document import read_document
from tests.small_company import Company

Rows = list[dict[str, Any]]

STATIONS: Rows = [
    {"ID": "S1", "Name": "Alm farm", "Country": "AT", "type of business": "Farm", "Latitude": 47.1},
    {"ID": "S2", "Name": "Dairy Weiss", "Address": "Hauptstr. 1, Graz", "Country": "Austria"},
    {"ID": "S3", "Name": "Corner shop"},
    {"ID": "S4", "Name": "Case 1"},
]
DELIVERIES: Rows = [
    {
        "ID": "D1",
        "from": "S1",
        "to": "S2",
        "Name": "Milk",
        "Lot ID": "17",
        "Lot Number": "M-1",
        "Date Delivery": "2026-03-02",
        "Date Delivery Arrival": "2026-03-03",
        "Amount": "200 kg",
    },
    {"ID": "D2", "from": "S1", "to": "S3", "Name": "Milk", "Lot ID": "17", "Lot Number": "M-1"},
    {
        "ID": "D3",
        "from": "S2",
        "to": "S3",
        "Name": "Cheese",
        "Lot Number": "C/7",
        "Date Delivery": "2026-04",
        "Amount": "2 wheels 5kg",
        "Pasteurised": True,
    },
    {"ID": "D4", "from": "S3", "to": "S4", "Name": "Cheese", "Date Delivery": "03.05.2026"},
]
RELATIONS: Rows = [{"from": "D1", "to": "D3"}, {"from": "D3", "to": "D4"}]


def whole(
    stations: Iterable[Mapping[str, Any]] = STATIONS,
    deliveries: Iterable[Mapping[str, Any]] = DELIVERIES,
    relations: Iterable[Mapping[str, Any]] = RELATIONS,
    **more: Any,
) -> dict[str, Any]:
    """A document of version 1."""
    tables = {"stations": stations, "deliveries": deliveries, "deliveryRelations": relations}
    return {
        "version": "1.1.1",
        "data": {name: table(list(rows)) for name, rows in tables.items()},
        **more,
    }


def table(rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    names = dict.fromkeys(name for row in rows for name in row)
    return {
        "columnProperties": [{"id": name, "type": "string"} for name in names],
        "data": [[{"id": n, "value": v} for n, v in row.items()] for row in rows],
    }


def saved(folder: Path, content: Mapping[str, Any], name: str = "chain.json") -> Path:
    """The content as a file."""
    file = folder / name
    file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return file


def company_of(path: Path, **more: Any) -> Company:
    """An engine's graph in memory with what a file holds."""
    sink = Company(())
    assert load_fcl(path, sink, **more).clean
    return Company(sink.written)


def traced(company: Company, direction: Any = "forward", *seeds: str) -> Trace:
    """A trace from some nodes, or from every station."""
    parties = sorted(n for n, row in company.rows.items() if row.kind == "Party")
    query = TraceQuery(tuple(map(NodeId, seeds)) or tuple(parties), direction)
    return with_details(trace(company, query), company)


def given_back(folder: Path, found: Trace) -> Checked:
    """What stands in the file that a trace is written to."""
    return checked(read_document(saved(folder, document(found), "back.json")), "back.json")


def read(path: Path) -> Checked:
    """What stands in a file."""
    return checked(read_document(path), path.name)
