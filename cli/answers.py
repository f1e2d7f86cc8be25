"""A trace as the command line answers it: a table, or one of the export formats."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import typer

from cli.exits import Exit
from cli.session import Session
from cli.tables import print_table, tabbed
from cli.words import counted
from genealogy.errors import InvalidQuery
from genealogy.exports.amounts import AMOUNT_COLUMNS, amount_columns
from genealogy.exports.files import whole_file, write_file
from genealogy.exports.records import Record, edge_record, node_records, node_row
from genealogy.exports.registry import EXPORTS
from genealogy.exports.remarks import remark_records
from genealogy.messages import text
from genealogy.trace.remarks import Remark
from genealogy.trace.result import Completeness, FrontierReason, State, Trace

TABLE = "table"
TABLE_ENDINGS = (".tsv", ".txt")
#: Rows of a table on a terminal, unless --limit says otherwise.
SCREEN_ROWS = 50
PIPED = ("id", "level", "direction", "kind", "code", "name", "quantity", "uom", "time", "link",
         "neighbour", "note")  # fmt: skip
SHOWN = ("level", "kind", "id", "name", "quantity", "uom", "time", "neighbour", "note")
AMOUNTS = ("seed_min", "seed_share", "seed_max", "seed_uom")
FIELDS = (
    *PIPED,
    *AMOUNT_COLUMNS,
    "label",
    "roles",
    "identifiers",
    "first_exposure",
    "last_contribution",
)
RIGHT = frozenset({"level", "quantity", "seed_min", "seed_share", "seed_max"})


@dataclass(frozen=True, slots=True)
class Form:
    """How the answer is wanted."""

    format: str = TABLE
    output: Path | None = None
    limit: int | None = None
    fields: tuple[str, ...] = ()
    headers: bool = True
    aligned: bool = False
    allow_partial: bool = False

    @property
    def tells_watermark(self) -> bool:
        """Whether the answer says of which state of the data it is."""
        return self.format in ("json", "ndjson")


def form_of(
    format: str | None,
    shorthands: Mapping[str, bool],
    output: Path | None,
    limit: int | None,
    fields: str | None,
    no_headers: bool,
    allow_partial: bool,
) -> Form:
    """The form asked for. Raises InvalidQuery where options contradict each other."""
    chosen = [name for name, given in shorthands.items() if given]
    chosen += [format.lower()] if format else []
    if len(set(chosen)) > 1:
        raise InvalidQuery(reason=text("cli.formats", names=", ".join(chosen)))
    name = chosen[0] if chosen else _format_of(output)
    if name not in (TABLE, *EXPORTS):
        raise InvalidQuery(reason=text("cli.format", name=name, names=", ".join((TABLE, *EXPORTS))))
    only_for_tables = [
        o for o, given in (("--limit", limit is not None), ("--fields", fields)) if given
    ]
    if name != TABLE and only_for_tables:
        raise InvalidQuery(reason=text("cli.table_only", option=only_for_tables[0], name=name))
    return Form(name, output, limit, _fields(fields), not no_headers, bool(chosen), allow_partial)


def answer(
    session: Session, trace: Trace, remarks: Iterable[Remark], form: Form, seconds: float
) -> None:
    """Write the answer where it is wanted; leaves with PARTIAL when it is not whole."""
    if form.format == TABLE:
        _write_table(session, trace, form)
    else:
        _write_export(session, trace, form)
    session.note(summary(trace, seconds))
    if trace.query.dilution is not None:
        session.warn(text("cli.dilution", fraction=f"{trace.query.dilution:f}"))
    tell_remarks(session, remarks)
    lacking = trace.completeness
    if still := lacking.count(FrontierReason.NON_PROPAGATING):
        session.warn(counted("non_propagating", still))
    if lacking.state is not State.COMPLETE:
        session.warn(incompleteness(lacking))
        if not form.allow_partial:
            raise typer.Exit(Exit.PARTIAL)


def tell_remarks(session: Session, remarks: Iterable[Remark]) -> None:
    """Warn of what in the question made no difference."""
    for told in remark_records(remarks):
        session.warn(told["message"])


def summary(trace: Trace, seconds: float) -> str:
    """The counts of an answer in one line."""
    nodes = {reached.node_id for reached in trace.reached}
    return text(
        "cli.summary",
        direction=text(f"picture.{trace.query.direction}"),
        nodes=counted("nodes", len(nodes)),
        edges=counted("movements", len(trace.edges.edge_id)),
        levels=counted("steps", max((reached.distance for reached in trace.reached), default=0)),
        seconds=f"{seconds:.2f}",
    )


def incompleteness(lacking: Completeness) -> str:
    """What an answer lacks, and what to do about it."""
    diluted = lacking.count(FrontierReason.DILUTION)
    still = lacking.count(FrontierReason.NON_PROPAGATING)
    counts = {
        "frontiers": len(lacking.frontiers) - diluted - still,
        "diluted": diluted,
        "masked": lacking.masked,
        "gaps": len(lacking.gaps),
    }
    parts = [counted(name, count) for name, count in counts.items() if count]
    told = text("cli.incomplete", state=text(f"state.{lacking.state}"), parts="; ".join(parts))
    loads = (text("cli.load_unfinished", source=source) for source in lacking.unfinished_loads)
    return "\n! ".join([told, *loads])


def trace_rows(trace: Trace) -> Iterator[dict[str, str]]:
    """Each node as a row of every field, values as text."""
    position = {edge_id: i for i, edge_id in enumerate(trace.edges.edge_id)}
    for node in node_records(trace):
        via = position[node["via"][0]] if node["via"] else None
        yield {**_node_cells(node), **_link_cells(trace, node, via)}


def _fields(names: str | None) -> tuple[str, ...]:
    found = tuple(name.strip() for name in (names or "").split(",") if name.strip())
    for name in found:
        if name not in FIELDS:
            raise InvalidQuery(reason=text("cli.field", name=name, names=", ".join(FIELDS)))
    return found


def _format_of(output: Path | None) -> str:
    # A device or pipe has no ending to go by.
    if output is None or (output.exists() and not output.is_file()):
        return TABLE
    known = {**{e.suffix: e.name for e in EXPORTS.values()}, **dict.fromkeys(TABLE_ENDINGS, TABLE)}
    if output.suffix.lower() not in known:
        raise InvalidQuery(reason=text("cli.ending", name=output.name, names=" ".join(known)))
    return known[output.suffix.lower()]


def _write_export(session: Session, trace: Trace, form: Form) -> None:
    export = EXPORTS[form.format]
    if form.output is None:
        sys.stdout.flush()
        export.write(trace, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    write_file(export, trace, form.output)
    session.note(text("cli.written", path=form.output))


def _write_table(session: Session, trace: Trace, form: Form) -> None:
    if form.output is None:
        if rest := print_rows(trace, form):
            session.warn(text("cli.more_rows", rows=counted("more_rows", rest)))
        return
    names = form.fields or _columns(trace, PIPED)
    with whole_file(form.output) as out:
        for line in tabbed(names, _cells(trace, names), headers=form.headers):
            out.write(line.encode())
    session.note(text("cli.written", path=form.output))


def print_rows(trace: Trace, form: Form) -> int:
    """Print the rows of a trace and return how many were left out."""
    screen = sys.stdout.isatty()
    aligned = form.aligned or screen
    names = form.fields or _columns(trace, SHOWN if aligned else PIPED)
    limit = SCREEN_ROWS if form.limit is None and screen else form.limit
    rows = _cells(trace, names)
    print_table(
        names,
        islice(rows, limit) if limit else rows,
        headers=form.headers,
        table=aligned,
        right=RIGHT,
    )
    return sum(1 for _ in rows)


def _columns(trace: Trace, names: tuple[str, ...]) -> tuple[str, ...]:
    return names if trace.amounts is None else (*names, *AMOUNTS)


def _cells(trace: Trace, names: tuple[str, ...]) -> Iterator[list[str]]:
    return ([row[name] for name in names] for row in trace_rows(trace))


def _node_cells(node: Record) -> dict[str, str]:
    level = -node["distance"] if node["direction"] == "backward" else node["distance"]
    return {
        "id": node["id"],
        "level": str(level),
        "direction": node["direction"],
        "kind": node["kind"],
        "code": node["code"],
        "name": node["name"] or node["product_name"] or "",
        "label": node["label"],
        "roles": " ".join(node["roles"]),
        "identifiers": " ".join(node["identifiers"]),
        "first_exposure": node["first_exposure"] or "",
        "last_contribution": node["last_contribution"] or "",
        "time": node["first_exposure"] or node["last_contribution"] or "",
        "note": _note(node),
        **_amount_cells(node),
    }


def _amount_cells(node: Record) -> dict[str, str]:
    told = amount_columns(node.get("amounts", []))
    return {name: " | ".join(told.get(name, ())) for name in AMOUNT_COLUMNS}


def _note(node: Record) -> str:
    frontier = [node["frontier"]] if node["frontier"] else []
    windows = [f"window {told['window']}" for told in node.get("found_in", ())]
    taken_out = [f"exposed until {told['until']}" for told in node.get("exposed", ())]
    guessed = [word for word in ("hypothetical", "inferred") if node.get(word)]
    return ", ".join([*guessed, *taken_out, *dict.fromkeys(windows), *frontier, *node["gaps"]])


def _link_cells(trace: Trace, node: Record, via: int | None) -> dict[str, str]:
    if via is None:
        return {"quantity": "", "uom": "", "link": "", "neighbour": ""}
    edge = edge_record(trace.edges, via)
    other = edge["target"] if edge["source"] == node["id"] else edge["source"]
    return {
        "quantity": edge["quantity"] or "",
        "uom": edge["uom"] or "",
        "link": edge["type"],
        "neighbour": node_row(trace, other).code or other,
    }
