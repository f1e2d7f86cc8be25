"""Names in requests: resolved, or told with what they may mean."""

from __future__ import annotations

from genealogy.bootstrap import Lotgraph
from genealogy.errors import Ambiguous, NotFound
from genealogy.exports.candidates import MOST_LISTED, candidate_records, near_records
from genealogy.exports.records import Record
from genealogy.messages import text
from genealogy.model.facts import NodeId


def resolve(engine: Lotgraph, name: str, language: str) -> NodeId:
    """The one node the name means.

    Raises InvalidIdentifier, NotFound or Ambiguous; the latter two have records of
    what the name may mean, twenty at most, as parameter ``candidates``.
    """
    try:
        return engine.resolve(name)
    except Ambiguous as error:
        found = candidate_records(engine.index, error.params["candidates"][:MOST_LISTED])
        raise Ambiguous(**{**error.params, "candidates": found}) from None
    except NotFound as error:
        close = near_records(engine.index, name, error.params["candidates"][:MOST_LISTED])
        raise _unknown(name, close, language) from None


def _unknown(name: str, close: list[Record], language: str) -> NotFound:
    kind = text("resolve.any_kind", language)
    return NotFound(kind=kind, text=name, near=_way_out(close, language), candidates=close)


def _way_out(close: list[Record], language: str) -> str:
    if not close:
        return text("api.nothing_near", language)
    names = ", ".join(_told(record) for record in close[:5])
    return text("resolve.did_you_mean", language, names=names)


def _told(record: Record) -> str:
    name = record["name"] or record["product_name"]
    return f"{record['id']} ({name})" if name else str(record["id"])
