"""Names in requests: resolved, or told with what they may mean."""

from __future__ import annotations

from genealogy.bootstrap import Lotgraph
from genealogy.errors import Ambiguous, NotFound
from genealogy.exports.candidates import explained
from genealogy.messages import text
from genealogy.model.facts import NodeId


def resolve(engine: Lotgraph, name: str, language: str) -> NodeId:
    """The one node the name means.

    Raises InvalidIdentifier, NotFound or Ambiguous; the latter two have records of
    what the name may mean, twenty at most, as parameter ``candidates``.
    """
    try:
        return engine.resolve(name)
    except (Ambiguous, NotFound) as error:
        nothing_near = text("api.nothing_near", language)
        raise explained(engine.index, error, nothing_near, language) from None
