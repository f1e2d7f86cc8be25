"""Random genealogies, and a short notation to write one by hand.

All are lists of facts as loaders make them, so they load into a database as well
as into ``tests.fakes.MemoryFlows``. Times are whole days of January 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import strategies as st

from genealogy.model.facts import Fact, FlowFact, LinkFact, NodeFact, NodeId, Source, Value
from genealogy.model.identifiers import is_unlotted
from genealogy.model.names import FLOW_ENDS, WALKED, Flow, Label, Link, Mixing, Role, latest_of

DAY_ZERO = datetime(2026, 1, 1, tzinfo=UTC)
LAST_DAY = 6
SOURCE = Source("tests", "genealogies")
OTHER = Source("other", "genealogies")

#: Kind of node by the prefix of its id.
KINDS = {
    "lot": Label.LOT,
    "unlotted": Label.LOT,
    "item": Label.ITEM,
    "unit": Label.UNIT,
    "batch": Label.BATCH,
    "shipment": Label.SHIPMENT,
    "party": Label.PARTY,
    "place": Label.PLACE,
    "quality": Label.QUALITY_EVENT,
    "product": Label.PRODUCT,
}
_LASTING = (Flow.CONTAINED_IN, Flow.PART_OF, Flow.LOADED_INTO, Flow.DRAWN_FROM)
_CONTAINED = frozenset({Flow.CONTAINED_IN})


@dataclass(frozen=True)
class Genealogy:
    """Nodes and flows between them."""

    nodes: tuple[NodeFact, ...]
    flows: tuple[FlowFact, ...]
    links: tuple[LinkFact, ...] = ()

    @property
    def facts(self) -> tuple[Fact, ...]:
        return (*self.nodes, *self.flows, *self.links)

    def ids(self, *kinds: Label) -> list[NodeId]:
        """Ids of the nodes of these kinds, or of all that can move."""
        wanted = kinds or tuple(set(KINDS.values()) - {Label.QUALITY_EVENT, Label.PRODUCT})
        return [n.node_id for n in self.nodes if n.label in wanted]


def day(number: int | None) -> datetime | None:
    """The moment at which day ``number`` begins."""
    return None if number is None else DAY_ZERO + timedelta(days=number)


def kind_of(node_id: str) -> Label:
    """The kind of a node whose id has a prefix, such as ``lot:A``."""
    return KINDS[node_id.partition(":")[0]]


def flow(
    flow_type: Flow,
    source: str,
    target: str,
    at: int | None = None,
    *,
    start: int | None = None,
    end: int | None = None,
    name: str = "",
) -> FlowFact:
    """Material that moved on day ``at``, or from day ``start`` to day ``end``."""
    return FlowFact(
        flow_type,
        NodeId(source),
        kind_of(source),
        NodeId(target),
        kind_of(target),
        name or f"{at}/{start}/{end}",
        SOURCE,
        occurred_at=day(at),
        valid_from=day(start),
        valid_to=day(end),
    )


def genealogy(
    flows: Iterable[FlowFact],
    *,
    more: Iterable[str] = (),
    properties: Mapping[str, Mapping[str, Value]] | None = None,
) -> Genealogy:
    """The flows and every node they name; ``more`` are nodes without flows."""
    flows = tuple(flows)
    named = [i for f in flows for i in (f.source_id, f.target_id)]
    nodes = dict.fromkeys([*named, *map(NodeId, more)])
    told = properties or {}
    roles = {n: (Role.UNLOTTED,) if is_unlotted(n) else () for n in nodes}
    return Genealogy(
        tuple(NodeFact(kind_of(n), n, SOURCE, roles[n], told.get(n, {})) for n in nodes), flows
    )


def cleaned(
    drawn: Genealogy, place: str, first: int, last: int | None = None, *, kind: str = "cleaning"
) -> Genealogy:
    """The genealogy where a place was cleaned on day ``first``, or some day until ``last``."""
    event = NodeId(f"quality:{len(drawn.links)}")
    told: dict[str, Value] = {"kind": kind, "occurred_at": day(first) or DAY_ZERO}
    if last is not None:
        told[latest_of("occurred_at")] = day(last) or DAY_ZERO
    node = NodeFact(Label.QUALITY_EVENT, event, SOURCE, properties=told)
    about = LinkFact(Link.ABOUT, event, node.label, NodeId(place), Label.PLACE, SOURCE)
    return replace(drawn, nodes=(*drawn.nodes, node), links=(*drawn.links, about))


def chain(length: int) -> Genealogy:
    """Lots relabelled one after the other, without times."""
    return genealogy(
        flow(Flow.RELABELLED_AS, f"lot:{i:06}", f"lot:{i + 1:06}") for i in range(length)
    )


_days = st.none() | st.integers(0, LAST_DAY)
_counts = {
    Label.LOT: 4,
    Label.ITEM: 3,
    Label.UNIT: 3,
    Label.BATCH: 3,
    Label.SHIPMENT: 2,
    Label.PARTY: 2,
    Label.PLACE: 2,
}


_cleanings = st.tuples(
    st.sampled_from(["place:0", "place:1"]),
    st.integers(0, LAST_DAY),
    st.none() | st.integers(0, 2),
)


@st.composite
def genealogies(
    draw: st.DrawFn,
    *,
    containers: bool = True,
    size: int = 14,
    only: Iterable[Flow] = tuple(f for f in Flow if f in WALKED),
) -> Genealogy:
    """Any flows that the graph model allows among a few nodes of every kind.

    With so few nodes most examples hold cycles (rework), diamonds, splits and
    merges, containers used again, returns, unknown times and retracted flows.
    """
    nodes = tuple(draw(_node(f"{prefix}:{i}")) for prefix, i in _slots())
    allowed = [f for f in only if containers or f not in _CONTAINED]
    numbers = count()
    flows = draw(st.lists(_flow(allowed), max_size=size))
    found = Genealogy(nodes, tuple(replace(f, fact_id=str(next(numbers))) for f in flows))
    for place, first, more in draw(st.lists(_cleanings, max_size=3)):
        found = cleaned(found, place, first, None if more is None else first + more)
    return found


def _slots() -> Iterator[tuple[str, int]]:
    for prefix, kind in KINDS.items():
        for i in range(0 if prefix == "unlotted" else _counts.get(kind, 0)):
            yield prefix, i


@st.composite
def _node(draw: st.DrawFn, node_id: str) -> NodeFact:
    kind = kind_of(node_id)
    told: dict[str, Value] = {}
    if kind == Label.BATCH and draw(st.booleans()):
        told["mixing"] = draw(st.sampled_from(Mixing)).value
    return NodeFact(kind, NodeId(node_id), SOURCE, properties=told)


@st.composite
def _flow(draw: st.DrawFn, allowed: list[Flow]) -> FlowFact:
    flow_type = draw(st.sampled_from(allowed))
    sources, targets = (sorted(_ids(kinds)) for kinds in FLOW_ENDS[flow_type])
    source, target = draw(st.sampled_from(sources)), draw(st.sampled_from(targets))
    at = draw(_days)
    start, end = (draw(_days), draw(_days)) if flow_type in _LASTING else (None, None)
    if flow_type not in _LASTING and draw(st.integers(0, 3)) == 0:
        # Known in part: on a day from ``at`` until then.
        end = draw(_days)
    if flow_type == Flow.DELIVERED_TO:
        start = draw(_days)
    fact = flow(flow_type, source, target, at, start=start, end=end)
    recorded = draw(st.none() | st.integers(0, LAST_DAY))
    gone = draw(st.sampled_from([None] * 5 + [LAST_DAY + 1]))
    told = replace(fact, recorded_at=day(recorded), retracted_at=day(gone))
    return replace(told, source=draw(st.sampled_from([SOURCE, OTHER])))


def _ids(kinds: Iterable[Label]) -> list[str]:
    return [f"{prefix}:{i}" for prefix, i in _slots() if KINDS[prefix] in kinds]
