"""FCL-Web JSON: the stations and deliveries of a trace, for food authorities to open.

Version 1.1.1 of the exchange format. What came from such a file goes back as it came.
The question and the completeness stand under ``lotgraph``, which FCL-Web passes over. On
a backward trace the seeds are marked as outbreaks, on any other as observed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, BinaryIO

import orjson

from genealogy.exports.records import (
    Record,
    completeness_record,
    label_of,
    node_row,
    product_row,
    query_record,
)
from genealogy.impact.foodchain.from_trace import (
    UNKNOWN,
    FoodChain,
    Handover,
    columns_of,
    food_chain,
)
from genealogy.messages import text
from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label
from genealogy.model.times import from_micros
from genealogy.ports import NodeRow
from genealogy.trace.result import Trace

VERSION = "1.1.1"
STATION_COLUMNS = ("ID", "Name", "Address", "Country", "type of business")
DELIVERY_COLUMNS = ("ID", "from", "to", "Name", "Lot ID", "Lot Number", "Date Delivery",
                    "Date Delivery Arrival", "Amount")  # fmt: skip
RELATION_COLUMNS = ("from", "to")
_TYPES = {str: "string", bool: "boolean", int: "int", float: "double"}
#: A window of at most so long is a day somewhere in the world, or a month.
_DAY, _MONTH = timedelta(hours=51), timedelta(days=33)

Cells = Mapping[str, Any]


def write(trace: Trace, out: BinaryIO) -> None:
    """Write the trace as one FCL-Web JSON document."""
    out.write(orjson.dumps(document(trace), option=orjson.OPT_INDENT_2) + b"\n")


def document(trace: Trace) -> Record:
    """The FCL-Web document of a trace."""
    chain = food_chain(trace)
    stations = [_station(trace, name, node) for name, node in sorted(chain.stations.items())]
    deliveries = [_delivery(trace, one) for _, one in sorted(chain.handovers.items())]
    relations = [{"from": a, "to": b} for a, b in sorted(chain.relations)]
    return {
        **exchange(stations, deliveries, relations, _tracing(trace, chain)),
        "lotgraph": {
            "query": query_record(trace.query),
            "completeness": completeness_record(trace.completeness),
        },
    }


def exchange(
    stations: Sequence[Cells],
    deliveries: Sequence[Cells],
    relations: Sequence[Cells],
    tracing: Record,
    settings: Mapping[str, Any] | None = None,
) -> Record:
    """The FCL-Web document of these rows and marks."""
    return {
        "version": VERSION,
        "data": {
            "version": "1.0.0",
            "stations": _table(STATION_COLUMNS, 2, stations),
            "deliveries": _table(DELIVERY_COLUMNS, 3, deliveries),
            "deliveryRelations": _table(RELATION_COLUMNS, 2, relations),
        },
        "settings": settings or {"version": VERSION, "metaNodes": []},
        "tracing": tracing,
    }


def _table(columns: Sequence[str], always: int, rows: Sequence[Cells]) -> Record:
    """A table of the format: its columns with their types, and cells only where known.

    Its own columns come first, so many of them ``always``; others in order of appearance.
    """
    found: dict[str, str] = {}
    for row in rows:
        for name, value in row.items():
            found.setdefault(name, _TYPES.get(type(value), "string"))
    own = {name: "string" for i, name in enumerate(columns) if i < always or name in found}
    types = {**own, **{name: kind for name, kind in found.items() if name not in own}}
    return {
        "columnProperties": [{"id": name, "type": kind} for name, kind in types.items()],
        "data": [[{"id": name, "value": value} for name, value in row.items()] for row in rows],
    }


def _station(trace: Trace, name: str, node_id: NodeId | None) -> Cells:
    row = trace.rows.get(node_id) if node_id is not None else None
    if row is None:
        label = text("fcl.unknown_station", "en") if name == UNKNOWN else name
        return {"ID": name, "Name": label}
    if columns := columns_of(row):
        return {**columns, "ID": name}
    told = {
        "ID": name,
        "Name": row.name or row.code or name,
        "Address": row.properties.get("address"),
        "Country": row.properties.get("country"),
        "type of business": _business(row),
    }
    return {column: value for column, value in told.items() if value}


def _business(row: NodeRow) -> str:
    kind = row.properties.get("place_type") if row.kind == Label.PLACE else None
    return str(kind) if kind else ", ".join(map(str, row.roles))


def _delivery(trace: Trace, one: Handover) -> Cells:
    noted = {} if one.note is None else {"Comment": text(f"fcl.{one.note}", "en")}
    if one.columns is not None:
        return {**one.columns, "ID": one.id, "from": one.source, "to": one.target, **noted}
    content = None if one.content is None else node_row(trace, one.content)
    product = None if content is None else product_row(trace, content)
    told = {
        "ID": one.id,
        "from": one.source,
        "to": one.target,
        "Name": None if content is None else _name(content, product),
        "Lot ID": one.content,
        "Lot Number": None if content is None else content.code,
        "Date Delivery": _date(_windows(trace, one, arrival=False)),
        "Date Delivery Arrival": _date(_windows(trace, one, arrival=True)),
        "Amount": _amount(trace, one),
        **noted,
    }
    return {column: value for column, value in told.items() if value}


def _name(content: NodeRow, product: NodeRow | None) -> str:
    return (product.name if product else None) or content.name or label_of(content, product)


def _windows(
    trace: Trace, one: Handover, *, arrival: bool
) -> Iterator[tuple[int | None, int | None]]:
    """When the edges of a delivery say that it came, or that it left."""
    edges = trace.edges
    for i in one.edges:
        if (edges.type[i] == Flow.DELIVERED_TO) is arrival:
            yield edges.occurred_at[i], edges.valid_to[i]


def _date(windows: Iterable[tuple[int | None, int | None]]) -> str | None:
    """The day, month or year in which something happened, as exactly as it is known."""
    for first, last in windows:
        if first is None:
            continue
        start, end = from_micros(first), from_micros(first if last is None else last)
        middle, span = start + (end - start) / 2, end - start
        if span <= _DAY:
            return f"{middle:%Y-%m-%d}"
        return f"{middle:%Y-%m}" if span <= _MONTH else f"{middle:%Y}"
    return None


def _amount(trace: Trace, one: Handover) -> str | None:
    for i in one.edges:
        if trace.edges.quantity[i] is not None:
            return f"{trace.edges.quantity[i]} {trace.edges.uom[i] or ''}".strip()
    return None


def _tracing(trace: Trace, chain: FoodChain) -> Record:
    seeds = set(trace.query.seeds)
    outbreak = trace.query.direction == "backward"

    def marks(name: str, is_seed: bool) -> Record:
        return {
            "id": name,
            "weight": 1 if is_seed and outbreak else 0,
            "crossContamination": False,
            "killContamination": False,
            "observed": is_seed and not outbreak,
        }

    return {
        "version": VERSION,
        "nodes": [marks(name, node in seeds) for name, node in sorted(chain.stations.items())],
        "deliveries": [
            marks(name, bool(seeds.intersection([one.content, *one.lands])))
            for name, one in sorted(chain.handovers.items())
        ],
    }
