"""Companies that are hard to trace: many seeds, contradictory times, loops, vessels, depth."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

from genealogy.model.names import Flow
from tests.genealogies import DAY_ZERO, Genealogy, chain, cleaned, flow, genealogy
from tests.small_company import Company

#: As many draws and levels as are asked of the trace itself elsewhere take a test of an
#: interface a minute; these take seconds.
MANY, DRAWS, LEVELS = 100_000, 10_000, 5_000
TANK = "place:tank"


def lot(number: int) -> str:
    """One of many lots, by an id that names it alone."""
    return f"lot:S:P:{number:06}"


@cache
def many_lots(count: int = MANY) -> Company:
    """As many lots as seeds are asked, in a few batches."""
    drawn = genealogy(flow(Flow.CONSUMED_BY, lot(i), f"batch:{i % 10}", 1) for i in range(count))
    return Company(drawn.facts)


def odd() -> Company:
    """A lot that becomes itself, and what came out before all that went in."""
    return Company(
        genealogy(
            [
                flow(Flow.RELABELLED_AS, lot(1), lot(1), 1),
                flow(Flow.CONSUMED_BY, lot(1), "batch:1", 5),
                flow(Flow.PRODUCED, "batch:1", lot(2), 3),
                flow(Flow.CONTAINED_IN, lot(1), "unit:T", start=4, end=2),
                flow(Flow.SHIPPED_IN, "unit:T", "shipment:1", 6),
            ]
        ).facts
    )


@cache
def drawn_often() -> Company:
    """A tank that is drawn from thousands of times, and cleaned in between."""
    draws = (
        replace(
            flow(Flow.DRAWN_FROM, TANK, f"batch:{i:06}", 9),
            occurred_at=DAY_ZERO + timedelta(days=9, seconds=i),
        )
        for i in range(DRAWS)
    )
    loads = (flow(Flow.LOADED_INTO, lot(i), TANK, i) for i in (1, 8))
    found: Genealogy = cleaned(genealogy([*loads, *draws]), TANK, 5)
    return Company(found.facts)


@cache
def deep() -> Company:
    """A chain of thousands of levels."""
    return Company(chain(LEVELS).facts)
