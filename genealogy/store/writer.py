"""Folds facts into the graph: all of a batch or nothing, and twice is once."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from genealogy.model import claims
from genealogy.model.facts import Fact, FlowFact, LinkFact, NodeId, Written
from genealogy.model.names import Label, Link, Role
from genealogy.store.batch import Batch, NodePlan, stored_properties
from genealogy.store.bolt import GraphStore, Transaction
from genealogy.store.flow_writer import lock, write_flows
from genealogy.store.queries import (
    ADVANCE_WATERMARK,
    EXISTING_NODES,
    KNOWN_NODES,
    UPDATE_NODES,
    add_roles,
    create_links,
    create_nodes,
    links_at,
)

T = TypeVar("T")
_ROWS = 5_000
_MET_LIMIT = 500_000
# A character takes up to four bytes.
_CHARACTERS = 3 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class GraphSink:
    """Writes facts to a graph store; ``loaded_at`` (UTC) dates those without record time."""

    store: GraphStore
    loaded_at: datetime
    _met: dict[NodeId, None] = field(default_factory=dict, repr=False, compare=False)

    def write(self, facts: Iterable[Fact]) -> Written:
        """Fold facts into the graph in one transaction; idempotent.

        Raises StoreError; then nothing of this call is stored.
        """
        batch = Batch.of(facts, self.loaded_at)
        if not batch.nodes:
            return Written()
        written = self.store.write(lambda tx: _write(tx, batch, self._met, self.loaded_at))
        self._remember(batch.nodes)
        return written

    def _remember(self, node_ids: Iterable[NodeId]) -> None:
        """Keep what is known to exist: nodes are never deleted, so it need not be asked again."""
        if len(self._met) > _MET_LIMIT:
            self._met.clear()
        self._met.update(dict.fromkeys(node_ids))

    def stream(self, batches: Iterable[Sequence[Fact]]) -> Generator[Written, None, None]:
        """Write batches, each in a transaction of its own, while the next ones are made.

        As many at once as the database gains from, but never two that tell of the
        same: neither would see what the other writes. Results come in order. The
        first failure ends the stream; closing it waits for what is being written.
        """
        writers = self.store.engine.writers
        with ThreadPoolExecutor(writers) as pool:
            pending: deque[_Pending] = deque()
            try:
                for batch in batches:
                    told = _told(batch) if writers > 1 else frozenset()
                    while any(not told.isdisjoint(other.told) for other in pending):
                        yield pending.popleft().future.result()
                    pending.append(_Pending(told, pool.submit(self.write, batch)))
                    if len(pending) > writers:
                        yield pending.popleft().future.result()
                while pending:
                    yield pending.popleft().future.result()
            finally:
                for other in pending:
                    other.future.cancel()


@dataclass(frozen=True, slots=True)
class _Pending:
    """A batch on its way: what it tells of, and its outcome."""

    told: frozenset[str]
    future: Future[Written]


def _told(facts: Iterable[Fact]) -> frozenset[str]:
    """The ids of nodes, flows and starts of links of which facts tell more than that they are."""
    told = set()
    for fact in facts:
        if isinstance(fact, FlowFact):
            told.add(fact.fact_id)
        elif isinstance(fact, LinkFact):
            told.add(fact.source_id)
        elif fact.properties or fact.identifiers:
            told.add(fact.node_id)
    return frozenset(told)


@dataclass(slots=True)
class _Known:
    """What the database already had of the nodes of a batch."""

    claims: dict[NodeId, list[str]] = field(default_factory=dict)
    labels: dict[NodeId, set[str]] = field(default_factory=dict)
    ends: set[NodeId] = field(default_factory=set)

    def __contains__(self, node_id: object) -> bool:
        return node_id in self.labels or node_id in self.ends


def _write(tx: Transaction, batch: Batch, met: Mapping[NodeId, None], now: datetime) -> Written:
    known = _known_nodes(tx, batch, met)
    written = _create_nodes(tx, batch, known) + _change_nodes(tx, batch, known)
    for flow, facts in batch.flows.items():
        written += write_flows(tx, flow, facts, known, now)
    for link, told in batch.links.items():
        written += _write_links(tx, link, told, known)
    if written != Written(unchanged=written.unchanged):
        tx.run(ADVANCE_WATERMARK)
    return written


def _known_nodes(tx: Transaction, batch: Batch, met: Mapping[NodeId, None]) -> _Known:
    """What is known of the nodes told of; of mere ends of edges only that they exist."""
    ends = {node_id for node_id, plan in batch.nodes.items() if plan.is_end_only}
    known = _Known(ends=ends & met.keys())
    for ids in chunks(sorted(ends - known.ends), _ROWS):
        known.ends.update(map(NodeId, tx.one(EXISTING_NODES, ids=ids).ids))
    for ids in chunks(sorted(batch.nodes.keys() - ends), _ROWS):
        lock(tx, ids)
        for node_id, labels, told in tx.one(KNOWN_NODES, ids=ids).rows:
            known.claims[node_id] = told or []
            known.labels[node_id] = set(labels)
    return known


def _create_nodes(tx: Transaction, batch: Batch, known: _Known) -> Written:
    groups: dict[tuple[Label | Role, ...], list[tuple[NodeId, NodePlan]]] = defaultdict(list)
    for node_id, plan in batch.nodes.items():
        if node_id not in known:
            groups[plan.label, *sorted(plan.roles)].append((node_id, plan))
    for labels, plans in groups.items():
        for some in chunks(plans, _ROWS):
            rows = [
                stored_properties(node_id, claims.merged([], plan.claims)) for node_id, plan in some
            ]
            _create(tx, labels, rows)
    return Written(nodes_new=sum(map(len, groups.values())))


def _create(
    tx: Transaction,
    labels: tuple[Label | Role, ...],
    rows: list[tuple[dict[str, Any], dict[str, str]]],
) -> None:
    dated = [row for row in rows if row[1]]
    plain = [properties for properties, times in rows if not times]
    for some in messages(dated, _weight):
        tx.run(create_nodes(labels, dated=True), rows=some)
    for few in messages(plain, _text_length):
        tx.run(create_nodes(labels), rows=few)


def _weight(row: tuple[dict[str, Any], dict[str, str]]) -> int:
    return _text_length(row[0])


def _text_length(properties: dict[str, Any]) -> int:
    """About how many characters a node takes in a message: its texts and lists of texts."""
    return sum(
        len(value) if isinstance(value, str) else sum(map(len, value))
        for value in properties.values()
        if isinstance(value, str | list)
    )


def _change_nodes(tx: Transaction, batch: Batch, known: _Known) -> Written:
    roles: dict[tuple[Role, ...], list[NodeId]] = defaultdict(list)
    rows = []
    touched = set()
    for node_id, labels in known.labels.items():
        plan = batch.nodes[node_id]
        if missing := plan.roles - labels:
            roles[tuple(sorted(missing))].append(node_id)
            touched.add(node_id)
        told = claims.merged(known.claims[node_id], plan.claims)
        if told != known.claims[node_id]:
            rows.append(stored_properties(node_id, told))
            touched.add(node_id)
    for some in messages(rows, _weight):
        tx.run(UPDATE_NODES, rows=some)
    for lacked, ids in roles.items():
        tx.run(add_roles(lacked), ids=ids)
    told_again = sum(1 for i in known.labels if batch.nodes[i].claims and i not in touched)
    return Written(nodes_changed=len(touched), unchanged=told_again)


def _write_links(tx: Transaction, link: Link, told: Sequence[LinkFact], known: _Known) -> Written:
    wanted = {(f.source_id, f.target_id, f.part): f for f in told}
    old = sorted(i for i in {f.source_id for f in told} if i in known)
    for ids in chunks(old, _ROWS):
        lock(tx, ids)
        for source, target, part in tx.one(links_at(link), ids=ids).rows:
            wanted.pop((source, target, part), None)
    rows = [
        [f.source_id, f.target_id, f.part, f.source.system, f.source.record]
        for f in wanted.values()
    ]
    for some in chunks(rows, _ROWS):
        tx.run(create_links(link), rows=some)
    return Written(links_new=len(rows), unchanged=len(told) - len(rows))


def messages(rows: list[T], weight: Callable[[T], int]) -> Iterator[list[T]]:
    """The rows in runs that fit the database's largest message (16 MiB) with room to spare."""
    some: list[T] = []
    size = 0
    for row in rows:
        length = weight(row)
        if some and (size + length > _CHARACTERS or len(some) == _ROWS):
            yield some
            some, size = [], 0
        some.append(row)
        size += length
    if some:
        yield some


def chunks(values: list[T], size: int) -> Iterator[list[T]]:
    """The values in runs of at most ``size``."""
    return (values[i : i + size] for i in range(0, len(values), size))
