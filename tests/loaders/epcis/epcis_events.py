"""Small EPCIS events for tests: raw data with sensible defaults, loaded into a graph in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from loaders.epcis import Options, load_epcis
from loaders.report import Loaded
from tests.fakes_store import LOADED_AT, MemoryGraph

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
PALLET = "urn:epc:id:sscc:4012345.0000000111"
PALLET_2 = "urn:epc:id:sscc:4012345.0000000222"
ITEM = "urn:epc:id:sgtin:4012345.011111.S1"
ITEM_2 = "urn:epc:id:sgtin:4012345.011111.S2"
HOST = "urn:epc:id:sgtin:4012345.099999.H1"
LOT = "urn:epc:class:lgtin:4012345.012345.L1"
LOT_2 = "urn:epc:class:lgtin:4012345.054321.L2"
CLASS = "urn:epc:idpat:sgtin:4012345.066666.*"
SITE = "urn:epc:id:sgln:4012345.00005.0"
SITE_2 = "urn:epc:id:sgln:0614141.00777.0"
MAKER = "urn:epc:id:pgln:4012345.00000"
HOSPITAL = "urn:epc:id:pgln:0614141.00000"
ADVICE = "urn:epcglobal:cbv:bt:4012345000009:4711"
BY_ADVICE = {"bizTransactionList": [{"type": "desadv", "bizTransaction": ADVICE}]}

N_PALLET = "(00)040123450000001112"
N_PALLET_2 = "(00)040123450000002225"
N_ITEM = "(01)04012345111118(21)S1"
N_ITEM_2 = "(01)04012345111118(21)S2"
N_HOST = "(01)04012345999990(21)H1"
N_LOT = "(01)04012345123456(10)L1"
N_LOT_2 = "(01)04012345543216(10)L2"
N_SITE = "(414)4012345000054"
N_SITE_2 = "(414)0614141007776"
N_MAKER = "(417)4012345000009"
N_HOSPITAL = "(417)0614141000005"


def day(number: int, hour: int = 8) -> str:
    """A moment in March 2026, Beijing time."""
    return f"2026-03-{number:02}T{hour:02}:00:00+08:00"


def utc(number: int, hour: int = 8) -> datetime:
    """The same moment in UTC."""
    return datetime.fromisoformat(day(number, hour)).astimezone(UTC)


def event(kind: str, at: int | str = 1, **fields: Any) -> dict[str, Any]:
    """An event of a kind; ``at`` is a day of March 2026 or a text."""
    data: dict[str, Any] = {
        "type": f"{kind}Event",
        "eventTime": day(at) if isinstance(at, int) else at,
        "eventTimeZoneOffset": "+08:00",
    }
    if kind != "Transformation":
        data["action"] = "OBSERVE"
    return data | fields


def recorded(data: Mapping[str, Any], number: int) -> dict[str, Any]:
    """The event with a record time on a day of March 2026."""
    return {**data, "recordTime": day(number, 12)}


def voiding(data: Mapping[str, Any], number: int, **more: Any) -> dict[str, Any]:
    """The copy of an event that declares it an error on a day of March 2026."""
    return {**data, "errorDeclaration": {"declarationTime": day(number, 18), **more}}


def amounts(epc_class: str, quantity: Any = None, uom: str | None = None) -> list[dict[str, Any]]:
    """A quantity list of one entry."""
    row = {"epcClass": epc_class, "quantity": quantity, "uom": uom}
    return [{k: v for k, v in row.items() if v is not None}]


def packing(at: int, children: Iterable[str] = (ITEM,), parent: str = PALLET, **more: Any) -> Any:
    """An aggregation that adds children to a parent."""
    fields = {"parentID": parent, "childEPCs": list(children), "bizStep": "packing"}
    return event("Aggregation", at, **{**fields, "action": "ADD", **more})


def unpacking(at: int, children: Iterable[str] = (), parent: str = PALLET, **more: Any) -> Any:
    """An aggregation that takes children out; none named means all."""
    fields = {"parentID": parent, "childEPCs": list(children), "bizStep": "unpacking"}
    return event("Aggregation", at, **{**fields, "action": "DELETE", **more})


def shipping(at: int, epcs: Iterable[str] = (PALLET,), **more: Any) -> Any:
    """A despatch from the maker to the hospital."""
    fields = {
        "epcList": list(epcs),
        "bizStep": "shipping",
        "sourceList": [{"type": "owning_party", "source": MAKER}],
        "destinationList": [{"type": "owning_party", "destination": HOSPITAL}],
    }
    return event("Object", at, **{**fields, **more})


def receiving(at: int, epcs: Iterable[str] = (PALLET,), **more: Any) -> Any:
    """A receipt at the second site."""
    fields = {"epcList": list(epcs), "bizStep": "receiving", "bizLocation": {"id": SITE_2}}
    return event("Object", at, **{**fields, **more})


def document(events: Iterable[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    """An EPCIS 2.0 document."""
    return {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": day(1),
        **more,
        "epcisBody": {"eventList": list(events)},
    }


def load(graph: MemoryGraph, *events: Mapping[str, Any], options: Options | None = None) -> Loaded:
    """Load events as one file."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "events.json"
        path.write_text(json.dumps(document(events)), encoding="utf-8")
        return load_epcis(path, graph, graph, options or Options(now=LOADED_AT))


def graph_of(*events: Mapping[str, Any]) -> MemoryGraph:
    """The graph that events make; every one must be accepted."""
    graph = MemoryGraph()
    loaded = load(graph, *events)
    assert loaded.clean, [(s.field, s.reason()) for s in loaded.samples]
    return graph
