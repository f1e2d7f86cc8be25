"""From what a person typed or scanned to the nodes it may mean, best first.

Never the first match silently: one reading is an answer, several are a question
back. The order of readings is that of the paste resolver: literal identifier,
bracketed element string, scanned element string, Digital Link, EPC URN, then
code, prefix and name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from rapidfuzz import fuzz

from genealogy.errors import Ambiguous, InvalidIdentifier, NotFound
from genealogy.messages import text as words
from genealogy.model.facts import NodeId
from genealogy.model.identifiers import code_key, readings
from genealogy.ports import Coded, NodeIndex, NodeRow

_NEAR_ENOUGH = 70.0
#: More than anybody would choose from; a name is never taken for one of several that were cut off.
_ALL = 1_000


class Match(IntEnum):
    """How a text matched a node; the smaller the surer."""

    IDENTIFIER = 0
    CODE = 1
    CODE_FOLDED = 2
    NAME = 3
    PREFIX = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node that a text may mean, how it matched, and the reading that led there."""

    node: NodeRow
    match: Match
    reading: str


def find(index: NodeIndex, text: str, *, limit: int = 20) -> list[Candidate]:
    """Every node the text may mean, surest first, each once.

    Raises InvalidIdentifier for a text that is empty or damaged (a number that
    lost digits in a spreadsheet, a wrong check digit) and names nothing known.
    """
    problem: InvalidIdentifier | None = None
    try:
        found = list(_by_identifier(index, text))
    except InvalidIdentifier as error:
        found, problem = [], error
    found += _by_code(index, text, limit)
    found += [Candidate(n, Match.NAME, n.name or n.code) for n in index.by_name(text, limit=limit)]
    if key := code_key(text):
        found += [Candidate(n, Match.PREFIX, n.code) for n in index.by_prefix(key, limit=limit)]
    ranked = _ranked(found)[:limit]
    if problem is not None and not ranked:
        raise problem
    return ranked


def identified(index: NodeIndex, texts: Iterable[str]) -> dict[str, NodeId]:
    """The nodes of those of the texts that are an identifier or code of just one.

    All are read at once, so that many cost little more than one.
    """
    read = {text: _ids(text) for text in dict.fromkeys(texts)}
    asked = dict.fromkeys(node_id for ids in read.values() for node_id in ids)
    known = {row.node_id for row in index.nodes(list(asked))} if asked else set()
    found = {text: known.intersection(ids) for text, ids in read.items()}
    sure = {text: next(iter(ids)) for text, ids in found.items() if len(ids) == 1}
    return sure | _of_one_code(index, [text for text, ids in found.items() if not ids])


def _of_one_code(index: NodeIndex, texts: Sequence[str]) -> dict[str, NodeId]:
    """The nodes of texts that are the code of just one, as typed or else as it is searched for."""
    keys = {text: key for text in texts if (key := code_key(text))}
    named = defaultdict[str, list[Coded]](list)
    for one in index.by_codes(list(dict.fromkeys(keys.values()))) if keys else ():
        named[one.code_key].append(one)
    found = {}
    for text, key in keys.items():
        exact = [one for one in named[key] if one.code == text.strip()]
        if len(best := exact or named[key]) == 1:
            found[text] = best[0].node_id
    return found


def _ids(text: str) -> set[NodeId]:
    try:
        return {reading.node_id for reading in readings(text)}
    except InvalidIdentifier:
        return set()


def resolve(index: NodeIndex, text: str) -> NodeId:
    """The one node the text means.

    Raises NotFound with near names, Ambiguous with the candidates.
    """
    if found := identified(index, [text]):
        return found[text]
    candidates = find(index, text, limit=_ALL)
    sure = [c for c in candidates if c.match <= Match.CODE]
    best = [c for c in sure if c.match == sure[0].match] or [
        c for c in candidates if c.match == Match.CODE_FOLDED
    ]
    if len(best) == 1:
        return best[0].node.node_id
    if best:
        raise Ambiguous(text=text, count=len(best), candidates=best)
    raise NotFound(
        kind=words("resolve.any_kind"),
        text=text,
        near=_near_text(near(index, text, candidates)),
        candidates=candidates,
    )


def near(index: NodeIndex, text: str, candidates: Iterable[Candidate] = ()) -> list[NodeRow]:
    """Known nodes with a similar code, the most similar first, at most five."""
    keys = _near_keys(text)
    rows = {c.node.node_id: c.node for c in candidates}
    for key in keys:
        rows |= {n.node_id: n for n in index.near(key, limit=200)}
    scored = sorted(
        (
            (max((fuzz.ratio(key, code_key(n.code)) for key in keys), default=0.0), n.node_id)
            for n in rows.values()
        ),
        reverse=True,
    )
    return [rows[node_id] for score, node_id in scored[:5] if score >= _NEAR_ENOUGH]


def _near_keys(text: str) -> list[str]:
    """The search keys under which something similar may stand: of the text, of the code in it."""
    try:
        codes = [reading.code for reading in readings(text)]
    except InvalidIdentifier:
        codes = []
    return sorted({code_key(code) for code in (text, *codes)} - {""})


def _by_identifier(index: NodeIndex, text: str) -> Iterable[Candidate]:
    read = {r.node_id: r.spelling for r in readings(text)}
    return (Candidate(n, Match.IDENTIFIER, read[n.node_id]) for n in index.nodes(list(read)))


def _by_code(index: NodeIndex, text: str, limit: int) -> list[Candidate]:
    key = code_key(text)
    if not key:
        return []
    wanted = text.strip()
    return [
        Candidate(n, Match.CODE if n.code == wanted else Match.CODE_FOLDED, n.code)
        for n in index.by_code(wanted, limit=limit)
    ]


def _ranked(found: list[Candidate]) -> list[Candidate]:
    best: dict[NodeId, Candidate] = {}
    for candidate in sorted(found, key=lambda c: (c.match, c.node.code, c.node.node_id)):
        best.setdefault(candidate.node.node_id, candidate)
    return list(best.values())


def _near_text(rows: list[NodeRow]) -> str:
    if not rows:
        return words("resolve.nothing_near")
    names = ", ".join(f"{n.node_id} ({n.name})" if n.name else n.node_id for n in rows)
    return words("resolve.did_you_mean", names=names)
