"""In what portions the facts of events are written when they are too many for one write.

A database keeps all of a transaction in memory, and the embedded one has little.
So the objects that large events name, and the links to them, are written ahead in
portions; they say nothing of what happened. What happened, all flows and the
events themselves, is written at once at the end: a trace sees all of an event or
nothing. An event is known only with its own node, so loading it again after an
interruption takes it as new, finds what was written ahead, and completes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from genealogy.model.facts import Fact, LinkFact, NodeFact
from genealogy.model.names import Label

#: As many facts as fit one write of an embedded database with the smallest heap.
MOST_AT_ONCE = 20_000
_PORTION = 10_000
_HAPPENED = frozenset({Label.EVENT, Label.BATCH, Label.SHIPMENT})


def stages(facts: Sequence[Fact]) -> Iterator[Sequence[Fact]]:
    """The facts in portions to be written one after the other, what happened last."""
    if len(facts) <= MOST_AT_ONCE:
        yield facts
        return
    ahead = [fact for fact in facts if _is_ahead(fact)]
    ahead.sort(key=lambda fact: isinstance(fact, LinkFact))
    yield from (ahead[i : i + _PORTION] for i in range(0, len(ahead), _PORTION))
    yield [fact for fact in facts if not _is_ahead(fact)]


def _is_ahead(fact: Fact) -> bool:
    if isinstance(fact, NodeFact):
        return fact.label not in _HAPPENED
    return isinstance(fact, LinkFact)
