"""``lotgraph fcl-score``: the scores that FoodChain-Lab gives to a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from cli import options
from cli.impact import Form, Format, Told, answer, form_of
from cli.session import Session, session_of
from genealogy.errors import InvalidQuery, NotFound, UnreadableFile
from genealogy.exports.as_csv import harmless
from genealogy.exports.records import Record
from genealogy.impact.foodchain.desktop import desktop_scores
from genealogy.impact.foodchain.network import Network, Score, Scores
from genealogy.impact.foodchain.safe import safe_scores
from genealogy.impact.foodchain.web import Dates, Hidden, common_links, web_scores
from genealogy.messages import text
from genealogy.trace.result import Completeness

COLUMNS = ("kind", "id", "name", "score", "positive", "negative", "normalized", "common_link")


Several = list[str] | None


class Tool(StrEnum):
    """Whose scores: the desktop program's, FCL-Web's, or those safe with loops."""

    DESKTOP = "desktop"
    WEB = "web"
    SAFE = "safe"


def fcl_score(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help=text("option.fcl_path"), metavar="FILE")],
    tool: Annotated[Tool, typer.Option("--tool", help=text("option.fcl_tool"))] = Tool.DESKTOP,
    weight: Annotated[
        Several, typer.Option("--weight", metavar="ID=NUMBER", help=text("option.fcl_weight"))
    ] = None,
    cross: Annotated[
        Several, typer.Option("--cross", metavar="ID", help=text("option.fcl_cross"))
    ] = None,
    kill: Annotated[
        Several, typer.Option("--kill", metavar="ID", help=text("option.fcl_kill"))
    ] = None,
    merge: Annotated[
        Several, typer.Option("--merge", metavar="NAME=ID,ID…", help=text("option.fcl_merge"))
    ] = None,
    temporal: Annotated[
        bool, typer.Option("--temporal/--no-temporal", help=text("option.fcl_temporal"))
    ] = True,
    dates: Annotated[Dates, typer.Option("--dates", help=text("option.fcl_dates"))] = (
        Dates.EXPLICIT
    ),
    format: Format = None,
    json: options.Json = False,
    csv: options.Csv = False,
    table: options.Table = False,
    output: options.Output = None,
    no_headers: options.NoHeaders = False,
) -> None:
    """Score the stations, deliveries and lots of an FCL-Web JSON file."""
    session = session_of(context)
    form: Form = form_of(format, json, csv, table, output, no_headers, allow_partial=True)
    file = _read(session, path)
    network = _marked(file.network, weight or (), cross or (), kill or ())
    network = _merged(network, merge or ())
    if not _is_weighted(network):
        session.warn(text("cli.unweighted"))
    asked = {"tool": tool.value, "temporal": temporal, "dates": dates.value}
    scores = _scored(network, tool, temporal, dates, file.hidden)
    answer(session, form, _told(list(_records(scores, file.names)), asked))


@dataclass(frozen=True, slots=True)
class _File:
    """A file: its network, what its view hides, and the names of its stations and deliveries."""

    network: Network
    hidden: Hidden
    names: Mapping[str, str]


def _read(session: Session, path: Path) -> _File:
    """What a file holds; rows that cannot be used are told. Raises UnreadableFile."""
    from loaders.fcl.check import cell, checked
    from loaders.fcl.document import read_document

    document = read_document(path)
    found = checked(document, path.name)
    for reject in (one for row in found.rejects for one in row):
        session.warn(f"{reject.field}: {reject.reason()}. {reject.hint()}")
    names = {name: cell(row, "Name") or "" for name, row in found.stations.items()}
    names |= {name: sent.name or "" for name, sent in found.deliveries.items()}
    try:
        network, hidden = found.network(document.tracing), found.hidden(document.settings)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        reason = text("unreadable.fcl_marks", why=error)
        raise UnreadableFile(file=str(path), reason=reason) from error
    return _File(network, hidden, names)


def _marked(
    network: Network, weights: Sequence[str], cross: Sequence[str], kill: Sequence[str]
) -> Network:
    """The network with the marks given. Raises InvalidQuery, NotFound."""
    given = dict(map(_weight, weights))
    for name in (*given, *cross, *kill):
        if name not in network.deliveries:
            _known_station(network, name)
    return network.marked(weights=given or None, cross=cross, kill=kill)


def _merged(network: Network, merges: Sequence[str]) -> Network:
    """The network with stations taken for one. Raises InvalidQuery, NotFound."""
    for told in merges:
        name, _, listed = told.partition("=")
        members = [member for member in listed.split(",") if member]
        if not name or not members:
            raise InvalidQuery(reason=text("cli.merge", text=told))
        for member in members:
            _known_station(network, member)
        network = network.merged(members, name)
    return network


def _known_station(network: Network, name: str) -> None:
    if name not in network.stations:
        raise NotFound(kind=text("resolve.any_kind"), text=name, near="")


def _weight(given: str) -> tuple[str, Fraction]:
    name, _, number = given.rpartition("=")
    try:
        return name, Fraction(number)
    except (ValueError, ZeroDivisionError):
        raise InvalidQuery(reason=text("cli.weight", text=given)) from None


def _scored(network: Network, tool: Tool, temporal: bool, dates: Dates, hidden: Hidden) -> Scores:
    if tool is Tool.WEB:
        return web_scores(network, dates=dates, hidden=hidden)
    reckon = desktop_scores if tool is Tool.DESKTOP else safe_scores
    return reckon(network, temporal=temporal)


def _is_weighted(network: Network) -> bool:
    stations, deliveries = network.stations.values(), network.deliveries.values()
    return any(s.weight for s in stations) or any(d.weight for d in deliveries)


def _records(scores: Scores, names: Mapping[str, str]) -> Iterator[Record]:
    """Every score, the highest first within each kind."""
    linked = set(common_links(scores))
    for kind, table in (("station", scores.stations), ("delivery", scores.deliveries)):
        for name, one in sorted(table.items(), key=lambda item: (-item[1].score, item[0])):
            is_link = name in linked if kind == "station" else None
            yield {"kind": kind, "id": name, "name": names.get(name, ""), **_figures(one),
                   "common_link": is_link, "max_lot": scores.max_lot.get(name)}  # fmt: skip
    for lot, score in sorted(scores.lots.items(), key=lambda item: (-item[1], item[0])):
        yield {"kind": "lot", "id": lot, "name": "", "score": score, "positive": None,
               "negative": None, "normalized": None, "common_link": None,
               "max_lot": None}  # fmt: skip


def _figures(one: Score) -> Record:
    return {
        "score": one.score,
        "positive": one.positive,
        "negative": one.negative,
        "normalized": one.normalized,
    }


def _told(records: list[Record], asked: Record) -> Told:
    rows = [[_cell(record[column]) for column in COLUMNS] for record in records]
    return Told(
        COLUMNS,
        rows,
        lambda: {"method": asked, "scores": records},
        lambda out: _write_csv(rows, out),
        Completeness(),
        "",
    )


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _write_csv(rows: Iterable[Sequence[str]], out: BinaryIO) -> None:
    stream = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    table = csv.writer(stream, lineterminator="\r\n")
    table.writerow(COLUMNS)
    table.writerows([harmless(cell) for cell in row] for row in rows)
    stream.detach()
