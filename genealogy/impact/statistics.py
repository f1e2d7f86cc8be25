"""Exact tests for few cases: Fisher's, with Benjamini and Hochberg's correction; and lift."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import comb

#: Added to each count of hits, and to that of misses, before a lift is taken: a ratio to
#: nothing would be infinite however few cases there are (Haldane's and Anscombe's half).
CONTINUITY = Fraction(1, 2)


@lru_cache(maxsize=100_000)
def fisher(bad_hit: int, bad: int, good_hit: int, good: int) -> float:
    """The chance that at least so many of the bad are hit, if bad and good are hit alike.

    One-sided Fisher exact test: all hits being given, the bad ones among them follow the
    hypergeometric distribution. Computed in whole numbers, rounded once.
    """
    hits = bad_hit + good_hit
    most = min(bad, hits)
    ways = sum(_ways(bad, x) * _ways(good, hits - x) for x in range(bad_hit, most + 1))
    return float(Fraction(ways, _ways(bad + good, hits)))


# Thousands of candidates ask for the same few.
_ways = lru_cache(maxsize=100_000)(comb)


def lift(bad_hit: int, bad: int, good_hit: int, good: int) -> float:
    """P(hit | bad) / P(hit | good), each with the continuity correction."""
    among_bad = (bad_hit + CONTINUITY) / (bad + 2 * CONTINUITY)
    among_good = (good_hit + CONTINUITY) / (good + 2 * CONTINUITY)
    return float(among_bad / among_good)


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """The least false discovery rate at which each test would still count.

    ``p_values`` are those of all tests made, in any order; the result goes with them.
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i], reverse=True)
    found, least = [1.0] * len(p_values), 1.0
    for place, i in enumerate(order):
        least = min(least, p_values[i] * len(p_values) / (len(p_values) - place))
        found[i] = least
    return found
