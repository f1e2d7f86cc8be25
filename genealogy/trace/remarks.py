"""What of a question made no difference to its answer: a name that is misspelt looks like that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow
from genealogy.ports import FlowSource
from genealogy.trace.carry_over import EVERY, classes_of
from genealogy.trace.result import Trace


class RemarkKind(StrEnum):
    """What made no difference.

    NOTHING_CARRIED: carry-over, on equipment of a class. CLOCK_UNHEARD: a tolerance of the
    clock of a system.
    """

    NOTHING_CARRIED = "nothing_carried"
    CLOCK_UNHEARD = "clock_unheard"


@dataclass(frozen=True, slots=True)
class Remark:
    """One name in a question that made no difference."""

    kind: RemarkKind
    name: str


def remarks(trace: Trace, source: FlowSource) -> list[Remark]:
    """The classes of equipment and the source systems of a question that its answer has not."""
    asked = trace.query
    heard = set(trace.edges.source_system) if asked.clock_tolerance else set()
    carried = set(_carried(trace, source)) if asked.carry_over else set()
    return [
        *(Remark(RemarkKind.NOTHING_CARRIED, n) for n, _ in asked.carry_over if n not in carried),
        *(Remark(RemarkKind.CLOCK_UNHEARD, n) for n, _ in asked.clock_tolerance if n not in heard),
    ]


def _carried(trace: Trace, source: FlowSource) -> Iterator[str]:
    """The classes of lines and equipment on which anything was carried over."""
    edges = trace.edges
    flows = zip(edges.type, edges.place_id, strict=True)
    places = {NodeId(place) for flow, place in flows if flow == Flow.CARRIED_OVER and place}
    for row in source.nodes(sorted(places), known_at=trace.query.known_at) if places else ():
        yield from (*classes_of(row), EVERY)
