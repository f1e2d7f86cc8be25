"""Names in requests: resolved, or told with what they may mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from api.errors import MOST_FLAWS, InvalidBody
from genealogy.bootstrap import Lotgraph
from genealogy.errors import Ambiguous, InvalidQuery, LotgraphError, NotFound
from genealogy.exports.candidates import explained
from genealogy.exports.records import Record
from genealogy.messages import text
from genealogy.model.facts import NodeId


def resolve(engine: Lotgraph, name: str, language: str, kind: str = "any_kind") -> NodeId:
    """The one node the name means; ``kind`` is what to call it if there is none.

    Raises InvalidIdentifier, NotFound or Ambiguous; the latter two have records of
    what the name may mean, twenty at most, as parameter ``candidates``.
    """
    try:
        return engine.resolve(name)
    except (Ambiguous, NotFound) as error:
        nothing_near = text("api.nothing_near", language)
        raise explained(engine.index, error, nothing_near, language, kind) from None


def resolve_all(
    engine: Lotgraph, field: str, given: Sequence[str], flaws: list[Record], language: str
) -> tuple[NodeId, ...]:
    """The nodes that the names in a list of the body mean, each once; ``flaws`` gets the rest.

    Of more than twenty flaws only the number is told.
    """
    sure = engine.identified(given)
    found, left = dict[NodeId, None](), 0
    for i, name in enumerate(given):
        if name not in sure and len(flaws) >= MOST_FLAWS:
            # To look for what is near each of a hundred thousand would take minutes.
            left += 1
        elif node := sure.get(name) or resolve_one(engine, f"{field}/{i}", name, flaws, language):
            found[node] = None
    if left:
        words = text("api.more_names", language, count=left)
        more = {"pointer": f"/{field}", "code": "more_names", "count": left}
        flaws.append({**more, "message": words})
    return tuple(found)


def resolve_one(
    engine: Lotgraph,
    field: str,
    name: str,
    flaws: list[Record],
    language: str,
    kind: str = "any_kind",
) -> NodeId:
    """The node that a name in the body means; ``flaws`` gets why there is none (then empty)."""
    try:
        return resolve(engine, name, language, kind)
    except LotgraphError as error:
        if error.code not in {"not_found", "ambiguous", "invalid_identifier"}:
            raise
        flaws.append(flaw(f"/{field}", error, language))
        return NodeId("")


def flaw(pointer: str, error: LotgraphError, language: str) -> Record:
    """What is wrong with one value of a body, and the way out."""
    words = f"{error.message(language)} {error.hint(language)}".strip()
    told: Record = {"pointer": pointer, "code": error.error_code, "message": words}
    if candidates := error.params.get("candidates"):
        told["candidates"] = candidates
    return told


@contextmanager
def refusing(language: str, pointer: Callable[[InvalidQuery], str]) -> Iterator[None]:
    """Raise InvalidBody where the engine refuses a question; ``pointer`` tells what is wrong in it.

    Names have been resolved: what is not found was not known at the record time asked for.
    """
    try:
        yield
    except NotFound as error:
        raise InvalidBody([flaw("/known_at", error, language)]) from error
    except InvalidQuery as error:
        raise InvalidBody([flaw(pointer(error), error, language)]) from error


def refuse(flaws: Sequence[Record]) -> None:
    """Raise InvalidBody if there are flaws."""
    if flaws:
        raise InvalidBody(flaws)
