"""Ranks candidates: by an exact test against good cases, else by coverage and distance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from genealogy.impact.attributes import Attribute
from genealogy.impact.reach import members
from genealogy.impact.statistics import benjamini_hochberg, fisher, lift
from genealogy.impact.stretches import best_meanwhile, best_stretch
from genealogy.impact.tally import Tally


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What may be the cause: a node or attribute, in all its time or in a stretch of it.

    Times are in microseconds since 1970-01-01 UTC; null for no stretch.
    """

    kind: str
    value: str
    since: int | None = None
    until: int | None = None

    @property
    def attribute(self) -> Attribute:
        """The node or attribute without the stretch of time."""
        return Attribute(self.kind, self.value)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate in its place: which cases it is upstream of, and how telling that is.

    ``cases`` and ``goods`` are positions among the bad and the good cases. Equal evidence
    has equal rank; ``tied`` counts the other candidates upstream of the very same cases,
    which the data cannot tell apart from this one. A ``carrier`` is one of them that came
    out of another: what is wrong with it may have come with that. ``distance`` is the mean
    over its bad cases. ``lift``, ``p_value`` and ``q_value`` are null without good cases. ``tried``
    stretches were tried to find this one; the p value is corrected for that.
    """

    subject: Subject
    rank: int
    cases: tuple[int, ...]
    goods: tuple[int, ...]
    coverage: float
    distance: float
    tied: int
    carrier: bool = False
    lift: float | None = None
    p_value: float | None = None
    q_value: float | None = None
    tried: int = 1


@dataclass(frozen=True, slots=True)
class _Tested:
    subject: Subject
    cases: int
    bad_hit: int
    good_hit: int
    distance: float
    p_value: float
    tried: int = 1
    carrier: bool = False

    def order(self, tests: bool) -> tuple[float, int, bool, float, Subject]:
        """The most telling first, then the widest, the nearest, by name.

        Of what a test cannot tell apart, what carries nothing comes before what does.
        """
        named = replace(self.subject, since=self.subject.since or 0, until=self.subject.until or 0)
        return self.p_value, -self.bad_hit, tests and self.carrier, self.distance, named

    def evidence(self, tests: bool) -> tuple[float, ...]:
        """What equal rank goes by: the test where there is one, else also the distance."""
        return (self.p_value, self.bad_hit) if tests else (self.bad_hit, self.distance)


def rank(tally: Tally, bad: int, good: int, listed: int) -> tuple[list[Ranked], int, int]:
    """The first candidates upstream of a bad case in order of rank; how many there are, and tested.

    The correction for many tests is over all of them, those upstream of good cases only
    included.
    """
    tested = [*_plain(tally, bad, good), *(_stretches(tally, bad, good) if good else ())]
    tests = good > 0
    tested.sort(key=lambda one: one.order(tests))
    q_values = benjamini_hochberg([one.p_value for one in tested])
    same = Counter(one.cases for one in tested)
    ranks = _ranks(tested, tests)
    hits = [i for i, one in enumerate(tested) if one.bad_hit]
    ranked = [
        _ranked(tested[i], ranks[i], same[tested[i].cases] - 1, bad, good, q_values[i])
        for i in hits[:listed]
    ]
    return ranked, len(hits), len(tested)


def _plain(tally: Tally, bad: int, good: int) -> Iterator[_Tested]:
    carriers = tally.carriers()
    for attribute, cases in tally.upstream.items():
        hit, spared = _hits(cases, tally.bad)
        p_value = fisher(hit, bad, spared, good) if good else 1.0
        distance = tally.distance[attribute] / hit if hit else 0.0
        subject = Subject(attribute.kind, attribute.value)
        carrier = attribute.value in carriers
        yield _Tested(subject, cases, hit, spared, distance, p_value, carrier=carrier)


def _stretches(tally: Tally, bad: int, good: int) -> Iterator[_Tested]:
    def test(cases: int) -> float:
        hit, spared = _hits(cases, tally.bad)
        return fisher(hit, bad, spared, good)

    edges = tally.edges.edge_id
    passed = ((one, best_stretch(told, tally.bad, test)) for one, told in tally.passages().items())
    lay = (
        (Attribute("place", place), best_meanwhile(stays, moves, tally.bad, test))
        for place, stays, moves in tally.presence.passages([tally.over[e] for e in edges])
    )
    for attribute, found in (*passed, *lay):
        if found is not None:
            hit, spared = _hits(found.cases, tally.bad)
            # As near as the whole of it: which passage is the nearest is told by the evidence.
            near = tally.distance[attribute] / _hits(tally.upstream[attribute], tally.bad)[0]
            subject = Subject(attribute.kind, attribute.value, found.start, found.end)
            yield _Tested(subject, found.cases, hit, spared, near, found.p_value, found.tried)


def _hits(cases: int, bad: int) -> tuple[int, int]:
    return (cases & bad).bit_count(), (cases & ~bad).bit_count()


def _ranks(tested: Sequence[_Tested], tests: bool) -> list[int]:
    """The place of the first of each run of equal evidence."""
    ranks: list[int] = []
    for i, one in enumerate(tested):
        equal = i and one.evidence(tests) == tested[i - 1].evidence(tests)
        ranks.append(ranks[-1] if equal else i + 1)
    return ranks


def _ranked(one: _Tested, place: int, tied: int, bad: int, good: int, q_value: float) -> Ranked:
    numbers = tuple(members(one.cases))
    found = Ranked(
        one.subject,
        place,
        tuple(n for n in numbers if n < bad),
        tuple(n - bad for n in numbers if n >= bad),
        one.bad_hit / bad,
        one.distance,
        tied,
        one.carrier,
        tried=one.tried,
    )
    if not good:
        return found
    told = lift(one.bad_hit, bad, one.good_hit, good)
    return replace(found, lift=told, p_value=one.p_value, q_value=q_value)
