"""The scores that FoodChain-Lab gives to a file, with the marks one asks for beside its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from genealogy.errors import NotFound, UnreadableFile
from genealogy.exports.records import Record
from genealogy.impact.foodchain.desktop import desktop_scores
from genealogy.impact.foodchain.network import Network, Score, Scores, Tool
from genealogy.impact.foodchain.safe import safe_scores
from genealogy.impact.foodchain.web import Dates, Hidden, common_links, web_scores
from genealogy.messages import text
from loaders.fcl.check import cell, checked
from loaders.fcl.document import Document
from loaders.report import Reject


@dataclass(frozen=True, slots=True)
class Method:
    """How to score; ``temporal`` is for desktop and safe, ``dates`` for the web."""

    tool: Tool = Tool.DESKTOP
    temporal: bool = True
    dates: Dates = Dates.EXPLICIT


@dataclass(frozen=True, slots=True)
class Marks:
    """Weights instead of those of the file, if any; flags beside its own; stations taken for one.

    ``merge`` are new names with the stations that each is to stand for, one after the other.
    """

    weights: Mapping[str, Fraction] = field(default_factory=dict)
    cross: Sequence[str] = ()
    kill: Sequence[str] = ()
    merge: Sequence[tuple[str, Sequence[str]]] = ()


@dataclass(frozen=True, slots=True)
class File:
    """A file: its network, what its view hides, names by id, and what cannot be used."""

    network: Network
    hidden: Hidden
    names: Mapping[str, str]
    rejects: Sequence[Reject]


def file_of(document: Document, name: str) -> File:
    """What a document holds. Raises UnreadableFile."""
    found = checked(document, name)
    names = {station: cell(row, "Name") or "" for station, row in found.stations.items()}
    names |= {delivery: sent.name or "" for delivery, sent in found.deliveries.items()}
    try:
        network, hidden = found.network(document.tracing), found.hidden(document.settings)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        reason = text("unreadable.fcl_marks", why=error)
        raise UnreadableFile(file=name, reason=reason) from error
    return File(network, hidden, names, [one for row in found.rejects for one in row])


def unknown(network: Network, marks: Marks) -> Iterator[tuple[str, NotFound]]:
    """The names among the marks that the network does not have, each with its JSON pointer."""
    known = network.stations.keys() | network.deliveries.keys()
    listed = {"weights": {name: name for name in marks.weights}}
    listed |= {part: {str(i): name for i, name in enumerate(names)}
               for part, names in (("cross", marks.cross), ("kill", marks.kill))}  # fmt: skip
    for part, names in listed.items():
        for where, name in names.items():
            if name not in known:
                yield f"{part}/{_escaped(where)}", _not_found(name)
    stations = set(network.stations)
    for into, members in marks.merge:
        for i, name in enumerate(members):
            if name not in stations:
                yield f"merge/{_escaped(into)}/{i}", _not_found(name)
        stations = stations.difference(members) | {into}


def marked(network: Network, marks: Marks) -> Network:
    """The network with the marks given. Raises NotFound."""
    for _, error in unknown(network, marks):
        raise error
    weights = dict(marks.weights) or None
    network = network.marked(weights=weights, cross=marks.cross, kill=marks.kill)
    for name, members in marks.merge:
        network = network.merged(members, name)
    return network


def is_weighted(network: Network) -> bool:
    """Whether anything has a weight; else every score is 0."""
    stations, deliveries = network.stations.values(), network.deliveries.values()
    return any(s.weight for s in stations) or any(d.weight for d in deliveries)


def scores_record(file: File, network: Network, method: Method) -> Record:
    """How a file was scored, and every score. Raises InvalidInput for a loop (desktop)."""
    asked = {"tool": method.tool.value, "temporal": method.temporal, "dates": method.dates.value}
    scores = _scored(network, method, file.hidden)
    return {"method": asked, "scores": list(_records(scores, file.names))}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


class NoElement(NotFound):
    """The file has nothing of that name."""

    def message(self, language: str | None = None) -> str:
        """What is not in the file, in one language throughout."""
        told = {**self.params, "kind": text("fcl.element", language)}
        return text("error.not_found", language, **told)


def _not_found(name: str) -> NotFound:
    return NoElement(kind=text("fcl.element"), text=name, near="")


def _scored(network: Network, method: Method, hidden: Hidden) -> Scores:
    if method.tool is Tool.WEB:
        return web_scores(network, dates=method.dates, hidden=hidden)
    reckon = desktop_scores if method.tool is Tool.DESKTOP else safe_scores
    return reckon(network, temporal=method.temporal)


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
