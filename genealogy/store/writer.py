"""Folds facts into the graph: all of a batch or nothing, and twice is once."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import (
    Callable,
    Container,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

from genealogy.model import claims
from genealogy.model.facts import Fact, FlowFact, LinkFact, NodeId, Written
from genealogy.model.names import Label, Link, Role
from genealogy.store.batch import Batch, Met, NodePlan, stored_properties
from genealogy.store.bolt import GraphStore, Transaction
from genealogy.store.flow_writer import write_flows
from genealogy.store.load_record import recorded
from genealogy.store.queries import (
    ADVANCE_WATERMARK,
    EXISTING_NODES,
    KNOWN_NODES,
    LOCK_NODES,
    add_roles,
    create_links,
    create_nodes,
    links_at,
    update_nodes,
)
from genealogy.store.streaming import streaming

T = TypeVar("T")
_ROWS = 5_000
#: Nodes of which a write told that are kept for copies of the graph to follow up.
_KEPT_CHANGES = 10_000
_MET_LIMIT = 500_000
_NONE: frozenset[Role] = frozenset()
#: Batches made ready beyond those being written, so that no writer waits for the next.
_AHEAD = 1
# A character takes up to four bytes.
_CHARACTERS = 3 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class GraphSink:
    """Writes facts to a graph store; ``loaded_at`` (UTC) dates those without record time."""

    store: GraphStore
    loaded_at: datetime
    _met: dict[NodeId, frozenset[Role]] = field(default_factory=dict, repr=False, compare=False)

    def write(self, facts: Iterable[Fact]) -> Written:
        """Fold facts into the graph in one transaction; idempotent.

        Raises StoreError; then nothing of this call is stored.
        """
        return self._write(self._sorted(facts))

    def _sorted(self, facts: Iterable[Fact]) -> Batch:
        return Batch.of(facts, self.loaded_at, self._met)

    def _write(self, batch: Batch) -> Written:
        if not batch.nodes:
            return Written()
        written = self.store.write(lambda tx: _write(tx, batch, self._met, self.loaded_at))
        self._remember(batch.nodes)
        return written

    def _remember(self, plans: Mapping[NodeId, NodePlan]) -> None:
        """Keep what is known to exist, and as what: it need not be asked or told again.

        Nodes are never deleted and never lose a role.
        """
        if len(self._met) > _MET_LIMIT:
            self._met.clear()
        for node_id, plan in plans.items():
            self._met[node_id] = self._met.get(node_id, _NONE) | plan.roles

    def stream(self, batches: Iterable[Sequence[Fact]]) -> Generator[Written, None, None]:
        """Write batches, each in a transaction of its own, while the next ones are made.

        As many at once as the database gains from, but never two that tell of the
        same: neither would see what the other writes. Results come in order. The
        first failure ends the stream; closing it waits for what is being written.
        """
        writers = self.store.engine.writers
        with streaming(), ThreadPoolExecutor(writers) as pool:
            pending: deque[_Pending] = deque()
            try:
                for facts in batches:
                    batch = self._sorted(facts)
                    told = _told(facts) if writers > 1 else frozenset()
                    while any(not told.isdisjoint(other.told) for other in pending):
                        yield pending.popleft().future.result()
                    pending.append(_Pending(told, pool.submit(self._write, batch)))
                    if len(pending) > writers + _AHEAD:
                        yield pending.popleft().future.result()
                while pending:
                    yield pending.popleft().future.result()
            finally:
                for other in pending:
                    other.future.cancel()

    def loading(self, source: str) -> AbstractContextManager[None]:
        """Keep a record that the load of a source has begun, until the block ends well."""
        return recorded(self.store, source)


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
    """What the database already had of the nodes of a batch: which exist, and what was said.

    Claims and labels only of nodes of which the batch says something.
    """

    existing: set[NodeId] = field(default_factory=set)
    claims: dict[NodeId, list[str]] = field(default_factory=dict)
    labels: dict[NodeId, set[str]] = field(default_factory=dict)


def _write(tx: Transaction, batch: Batch, met: Met, now: datetime) -> Written:
    known = _known_nodes(tx, batch, met)
    written = _create_nodes(tx, batch, known) + _change_nodes(tx, batch, known)
    for flow, told in batch.flows.items():
        written += write_flows(tx, flow, told, known.existing, now)
    for link, facts in batch.links.items():
        written += _write_links(tx, link, facts, known.existing)
    if written != Written(unchanged=written.unchanged):
        tx.run(ADVANCE_WATERMARK, stamp=uuid4().hex, ids=_kept(batch), told=len(batch.nodes))
    return written


def _kept(batch: Batch) -> list[NodeId] | None:
    """The nodes that a write told of, for who keeps a copy; null where they are many."""
    fit = len(batch.nodes) <= _KEPT_CHANGES and sum(map(len, batch.nodes)) <= _CHARACTERS
    return sorted(batch.nodes) if fit else None


def _known_nodes(tx: Transaction, batch: Batch, met: Met) -> _Known:
    """What is known of the nodes told of; of mere ends of edges only that they exist.

    Without a lock on the held ones, two writers would look, find nothing, and both
    create the same. A database that takes one writer at a time needs no lock.
    """
    side_by_side = tx.engine.writers > 1
    held = batch.held if side_by_side else frozenset[NodeId]()
    known = _Known(existing=(batch.nodes.keys() & met.keys()) - held)
    for query, asked in (
        (LOCK_NODES, held),
        (EXISTING_NODES, batch.nodes.keys() - held - known.existing),
    ):
        for ids in chunks(sorted(asked), _ROWS):
            known.existing.update(map(NodeId, tx.one(query, ids=ids).ids))
    told = (i for i in known.existing if not batch.nodes[i].is_end_only)
    for ids in chunks(sorted(told), _ROWS):
        for node_id, labels, claimed in tx.one(KNOWN_NODES, ids=ids).rows:
            known.claims[node_id] = claimed or []
            known.labels[node_id] = set(labels)
    return known


def _create_nodes(tx: Transaction, batch: Batch, known: _Known) -> Written:
    groups: dict[tuple[Label | Role, ...], list[dict[str, Any]]] = defaultdict(list)
    for node_id, plan in batch.nodes.items():
        if node_id not in known.existing:
            groups[plan.label, *sorted(plan.roles)].append(plan.properties)
    for labels, rows in groups.items():
        for some in messages(rows, _text_length):
            tx.run(create_nodes(labels, _names(some)), rows=some)
    return Written(nodes_new=sum(map(len, groups.values())))


def _names(rows: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The names of all properties that any of the nodes has."""
    return frozenset().union(*rows)


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
            is_all = told == plan.claims
            rows.append(plan.properties if is_all else stored_properties(node_id, told))
            touched.add(node_id)
    for some in messages(rows, _text_length):
        tx.run(update_nodes(_names(some)), rows=some)
    for lacked, ids in roles.items():
        tx.run(add_roles(lacked), ids=ids)
    told_again = sum(1 for i in known.labels if batch.nodes[i].claims and i not in touched)
    return Written(nodes_changed=len(touched), unchanged=told_again)


def _write_links(
    tx: Transaction, link: Link, told: Sequence[LinkFact], existing: Container[NodeId]
) -> Written:
    wanted = {(f.source_id, f.target_id, f.part): f for f in told}
    old = sorted(i for i in {f.source_id for f in told} if i in existing)
    for ids in chunks(old, _ROWS):
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
