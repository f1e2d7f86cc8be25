"""Every Cypher statement the program runs, by file, with its parameters and columns.

A file holds one statement under a header sentence. Where a statement differs
only in a label or edge type, the file has the token LABELS, FLOW, LINK or ROLES
and the registry holds one entry for each name in ``genealogy.model.names``:
types never come from data. PROPERTIES stands for a map of the values in a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import cache
from importlib import resources
from typing import Any, Generic, Literal, TypeVar

from genealogy.model.names import FEW_AT, NODE_TIMES, WALKED, Flow, Label, Link, Role

R = TypeVar("R")
_TOKEN = re.compile(r"\b(LABELS|FLOWS|PASSAGES|FLOW|LINK|ROLES|PROPERTIES)\b")
_PROPERTY = re.compile(r"[a-z][a-z0-9_]*")
_NO_ENTITY = frozenset({Label.SCHEMA, Label.LOAD, Label.CHANGE})
_ENTRY = "`NAME`: x.`NAME`"
_TIME_ENTRY = "NAME: datetime(x.NAME)"
_TYPES = {
    "FLOWS": "|".join(flow for flow in Flow if flow in WALKED),
    # Where material is delivered a trace ends, or it would go on to all that place ever had.
    "PASSAGES": "|".join(f for f in Flow if f in WALKED and f is not Flow.DELIVERED_TO),
}


@dataclass(frozen=True)
class Query(Generic[R]):
    """One statement: its file, the dataclass of its rows, its parameters and access."""

    path: str
    row: type[R]
    params: frozenset[str]
    access: Literal["read", "write"]
    tokens: tuple[tuple[str, str], ...] = field(default=())

    @property
    def text(self) -> str:
        """The statement as sent, with its type names in place."""
        return _filled(self.path, self.tokens)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns the statement promises, in order."""
        return tuple(f.name for f in fields(self.row))  # type: ignore[arg-type]


@cache
def statement(path: str) -> str:
    """The text of one file under ``cypher/``."""
    return resources.files("cypher").joinpath(path).read_text("utf-8")


@cache
def _filled(path: str, tokens: tuple[tuple[str, str], ...]) -> str:
    known = {**_TYPES, **dict(tokens)}
    return _TOKEN.sub(lambda m: known[m.group()], statement(path))


@dataclass(frozen=True, slots=True)
class Rows:
    """All result rows as lists in one record: a record each costs twenty times more."""

    rows: list[list[Any]]


@dataclass(frozen=True, slots=True)
class Columns:
    """All result rows as columns in one record."""

    columns: list[list[Any]]


@dataclass(frozen=True, slots=True)
class DataState:
    """The name of the database, if it has one, and the watermark of its data with its stamp."""

    identity: str | None
    watermark: int
    stamp: str | None


@dataclass(frozen=True, slots=True)
class Level:
    """Flow edges as columns, and the batches among their near ends that are mixed as a whole.

    Columns make the driver build far fewer lists than rows do. ``collect`` leaves
    nulls out, so an empty text stands for them.
    """

    columns: list[list[Any]]
    mixed: list[str]


@dataclass(frozen=True, slots=True)
class Edge:
    """One flow edge with the mixing of its near end, which is a batch or has none."""

    mixing: str | None
    values: list[Any]


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay, as a flow edge."""

    values: list[Any]


@dataclass(frozen=True, slots=True)
class Tie:
    """One link: its ends, and which part the target plays."""

    source: str
    target: str
    part: str | None


@dataclass(frozen=True, slots=True)
class Ahead(Level):
    """The same around the nodes ``near``, all of whose edges are there; labels of the seeds.

    Read after what holds for every question.
    """

    near: list[str]
    seeds: list[tuple[str, list[str]]]
    unfinished: list[str]
    still: list[str]
    unlotted: list[str]


@dataclass(frozen=True, slots=True)
class Ids:
    """All result ids in one record."""

    ids: list[str]


@dataclass(frozen=True, slots=True)
class StandingRow:
    """Sources of unfinished loads, products that pass nothing on, nodes of unknown lot."""

    unfinished: list[str]
    still: list[str]
    unlotted: list[str]


@dataclass(frozen=True, slots=True)
class Count:
    """A single number."""

    count: int


@dataclass(frozen=True, slots=True)
class SchemaRow:
    """The schema's version and the watermark of the data."""

    version: int
    watermark: int


def _read(path: str, row: type[R], *params: str, **tokens: str) -> Query[R]:
    return Query(path, row, frozenset(params), "read", tuple(tokens.items()))


def _write(path: str, row: type[R], *params: str, **tokens: str) -> Query[R]:
    return Query(path, row, frozenset(params), "write", tuple(tokens.items()))


PING = _read("checks/ping.cypher", Count)
SCHEMA_STATE = _read("checks/schema_state.cypher", SchemaRow)
SCHEMA_RECORD = _write("checks/schema_record.cypher", Count, "version")
ADVANCE_WATERMARK = _write("load/advance_watermark.cypher", Count, "stamp", "ids", "told")
NODE_COUNT = _read("checks/node_count.cypher", Count)
FLOW_COUNT = _read("checks/flow_count.cypher", Count)

EDGES = {
    way: _read(f"trace/edges_{way}.cypher", Level, "frontier", "known_at", "most")
    for way in ("forward", "backward")
}
EDGES_OF_HUB = {
    way: _read(f"trace/edges_of_hub_{way}.cypher", Edge, "node_id", "known_at")
    for way in ("forward", "backward")
}
WITHDRAWN = {
    way: _read(f"trace/withdrawn_{way}.cypher", Edge, "frontier", "known_at")
    for way in ("forward", "backward")
}
AHEAD = {
    way: _read(f"trace/ahead_{way}.cypher", Ahead, "frontier", "known_at", "limit", "most")
    for way in ("forward", "backward")
}
NODES = _read("trace/nodes.cypher", Rows, "ids")
STANDING = _read("trace/standing.cypher", StandingRow)
FIRST_RECORDED = _read("trace/first_recorded.cypher", Rows, "ids")
KINDS = _read("trace/kinds.cypher", Rows, "ids")
STAYS_OF = _read("trace/stays_of.cypher", Stay, "ids", "known_at")
STAYS_AT = _read("trace/stays_at.cypher", Stay, "ids", "since", "until", "known_at")
OPENED_AT = _read("trace/opened_at.cypher", Stay, "ids", "before", "slack", "known_at")
EARLIEST_ENDS = _read("trace/earliest_ends.cypher", Rows, "ids", "known_at")
CLEANINGS = _read("trace/cleanings.cypher", Rows, "ids")
MOVING = _read("trace/moving.cypher", Ids, "ids", "known_at", "until")

NODES_AFTER = _read("snapshot/nodes_after.cypher", Columns, "after", "size")
NODES_AFTER_BY_INDEX = _read("snapshot/nodes_after_by_index.cypher", Columns, "after", "size")
FLOWS_FROM = _read("snapshot/flows_from.cypher", Columns, "frontier", "most")
CHANGES = _read("snapshot/changes.cypher", Rows, "after", "until")
CHANGES_SIZE = _read("snapshot/changes_size.cypher", Count, "after", "until")
DATA_STATE = _read("snapshot/data_state.cypher", DataState)
NAME_DATABASE = _write("snapshot/name_database.cypher", Count, "identity")

NODES_BY_CODE = _read("find/by_code.cypher", Rows, "key", "code", "limit")
NODES_BY_CODES = _read("find/by_codes.cypher", Rows, "keys")
NODES_BY_PREFIX = _read("find/by_prefix.cypher", Rows, "prefix", "limit")
NODES_BY_TAIL = _read("find/by_tail.cypher", Rows, "tail", "limit")
NODES_BY_NAME = _read("find/by_name.cypher", Rows, "words", "limit")

UNFINISHED_OF = _read("load/unfinished_of.cypher", Ids, "source")
BEGIN_LOAD = _write("load/begin_load.cypher", Count, "load_id", "source", "begun_at")
END_LOADS = _write("load/end_loads.cypher", Count, "ids", "finished_at")
LOCK_NODES = _write("load/lock_nodes.cypher", Ids, "ids")
EXISTING_NODES = _read("load/existing_nodes.cypher", Ids, "ids")
KNOWN_NODES = _read("load/known_nodes.cypher", Rows, "ids")
EVENTS = _read("load/events.cypher", Rows, "ids")
EVENTS_ABOUT = _read("load/events_about.cypher", Rows, "ids")


def create_nodes(labels: Iterable[Label | Role], properties: Iterable[str]) -> Query[Count]:
    """Creates nodes with exactly these labels besides ENTITY, and with these properties.

    Properties named one by one are stored twice as fast as a map of them. Raises
    ValueError for a name that cannot stand in a statement.
    """
    tokens = {"LABELS": ":".join([Label.ENTITY, *labels]), "PROPERTIES": _map_of(properties)}
    return _write("load/create_nodes.cypher", Count, "rows", **tokens)


def update_nodes(properties: Iterable[str]) -> Query[Count]:
    """Gives known nodes these properties; raises ValueError as ``create_nodes`` does."""
    return _write("load/update_nodes.cypher", Count, "rows", PROPERTIES=_map_of(properties))


def _map_of(properties: Iterable[str]) -> str:
    """A map of a row's values by name, times read from text."""
    return ", ".join(map(_entry, sorted(properties)))


def _entry(name: str) -> str:
    if not _PROPERTY.fullmatch(name):
        raise ValueError(f"not the name of a property: {name}")
    return (_TIME_ENTRY if name in NODE_TIMES else _ENTRY).replace("NAME", name)


def add_roles(roles: Iterable[Role]) -> Query[Count]:
    """Gives known nodes these roles."""
    return _write("load/add_roles.cypher", Count, "ids", ROLES=":".join(roles))


def flows_at(flow: Flow) -> Query[Ids]:
    """The fact ids of all flows of a type at nodes, on the side with few of them."""
    return _read(f"load/flows_at_{FEW_AT[flow]}.cypher", Ids, "ids", FLOW=flow)


def flow_versions(flow: Flow) -> Query[Rows]:
    """All stored versions of given facts."""
    return _read(f"load/flow_versions_at_{FEW_AT[flow]}.cypher", Rows, "rows", FLOW=flow)


def create_flows(flow: Flow, side: Literal["source", "target"]) -> Query[Count]:
    """Creates flows of a type, grouped by the node on one side."""
    return _write(f"load/create_flows_by_{side}.cypher", Count, "rows", FLOW=flow)


def update_flows(flow: Flow) -> Query[Count]:
    """Sets the values of stored versions of facts."""
    return _write(f"load/update_flows_at_{FEW_AT[flow]}.cypher", Count, "rows", FLOW=flow)


def links_at(link: Link) -> Query[Rows]:
    """Target and part of all links of a type leaving given nodes."""
    return _read("load/links_at.cypher", Rows, "ids", LINK=link)


def links_to(link: Link) -> Query[Tie]:
    """All links of a type that enter given nodes."""
    return _read("trace/links_to.cypher", Tie, "ids", LINK=link)


def create_links(link: Link) -> Query[Count]:
    """Creates links of a type."""
    return _write("load/create_links.cypher", Count, "rows", LINK=link)


def registry() -> list[Query[Any]]:
    """Every statement there is, types filled in: what the tests walk over."""
    single = [
        *(q for q in globals().values() if isinstance(q, Query)),
        *EDGES.values(),
        *EDGES_OF_HUB.values(),
        *WITHDRAWN.values(),
        *AHEAD.values(),
    ]
    sides: tuple[Literal["source", "target"], ...] = ("source", "target")
    return [
        *single,
        *(create_nodes([label], NODE_TIMES) for label in Label if label not in _NO_ENTITY),
        update_nodes(["node_id", *NODE_TIMES]),
        *(add_roles([role]) for role in Role),
        *(flows_at(flow) for flow in Flow),
        *(create_flows(flow, side) for flow in Flow for side in sides),
        *(flow_versions(flow) for flow in Flow),
        *(update_flows(flow) for flow in Flow),
        *(links_at(link) for link in Link),
        *(links_to(link) for link in Link),
        *(create_links(link) for link in Link),
    ]
