"""The single place where the parts are wired together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TypeVar

from genealogy.errors import NotFound
from genealogy.impact.causes import CommonCauses, common_causes
from genealogy.impact.compare import Comparison, compare
from genealogy.impact.question import CauseQuery, ComparisonQuery
from genealogy.impact.shared import SharedFlows
from genealogy.messages import text as words
from genealogy.model.durations import ClockTolerance, merged
from genealogy.model.facts import NodeId
from genealogy.ports import Direction, FlowHistory, FlowSource, NodeIndex, NodeRow
from genealogy.settings import Settings
from genealogy.sinks import EventBook, FactSink
from genealogy.snapshot.files import SnapshotDamaged
from genealogy.snapshot.flows import CopiedFlows
from genealogy.snapshot.keeper import Keeper
from genealogy.store import embedded, schema
from genealogy.store.bolt import GraphStore
from genealogy.store.events import GraphEvents
from genealogy.store.graph_source import GraphCopySource
from genealogy.store.node_index import GraphIndex
from genealogy.store.queries import SchemaRow
from genealogy.store.writer import GraphSink
from genealogy.trace.calling_off import Cancellation
from genealogy.trace.details import with_details
from genealogy.trace.dilution import refuse_amounts, without_diluted
from genealogy.trace.not_there import as_window
from genealogy.trace.obstacles import WhyNot
from genealogy.trace.paths import best_paths
from genealogy.trace.remarks import Remark, remarks
from genealogy.trace.resolve import Candidate, find, identified, resolve
from genealogy.trace.result import Trace, TraceQuery, Window, WindowKind
from genealogy.trace.run import trace
from genealogy.trace.shares import with_amounts
from genealogy.trace.walk import Progress
from genealogy.trace.why_absent import why_absent
from genealogy.trace.witness import Hop

T = TypeVar("T")
#: Where snapshots are, in the data folder.
SNAPSHOTS = "snapshots"


def open_engine(settings: Settings) -> Lotgraph:
    """Connect to the configured database, embedded unless an address is set.

    The schema is applied to an empty database. Raises StoreUnavailable,
    SchemaMismatch and what ``embedded.ensure_running`` raises.
    """
    store = _open_with_schema(settings)
    engine = engine_on(store, settings.data_dir / SNAPSHOTS)
    engine = replace(
        engine,
        clock_tolerance=settings.clock_tolerances,
        uses_snapshot=settings.use_snapshot,
    )
    if settings.database_uri is None:
        # The driver finds a server by URI again itself: that one keeps its address.
        engine = replace(engine, reopen=reopening(store, settings))
    return engine


def reopening(store: GraphStore, settings: Settings) -> Callable[[], None]:
    """A function that opens the embedded database again, as at the start, for an open store.

    One call does it at a time; others return at once. Raises what ``open_engine`` raises.
    """
    turn = Lock()

    def reopen() -> None:
        if not turn.acquire(blocking=False):
            return
        try:
            store.move_to(_open_with_schema(settings))
        finally:
            turn.release()

    return reopen


def _open_with_schema(settings: Settings) -> GraphStore:
    store = open_store(settings)
    try:
        schema.ensure(store)
    except BaseException:
        # Also on Ctrl-C: the driver's threads and sockets would outlive the failure.
        store.close()
        raise
    return store


def open_store(settings: Settings) -> GraphStore:
    """Connect to the configured database, without looking at its schema."""
    if settings.database_uri is None:
        endpoint = embedded.ensure_running(settings)
        store = GraphStore.connect(
            endpoint.uri,
            endpoint.user,
            endpoint.password,
            endpoint.database,
            timeout=settings.query_timeout,
        )
        store.folder = settings.data_dir
        return store
    password = settings.database_password
    return GraphStore.connect(
        settings.database_uri,
        settings.database_user,
        password.get_secret_value() if password else None,
        settings.database_name,
        timeout=settings.query_timeout,
    )


def engine_on(store: GraphStore, snapshots: Path | None = None) -> Lotgraph:
    """The engine over an open store whose schema is in place, its copies in a folder."""
    source = GraphCopySource(store)
    return Lotgraph(
        flows=source,
        history=source,
        index=GraphIndex(store),
        sink=lambda: GraphSink(store, loaded_at=datetime.now(UTC)),
        book=GraphEvents(store),
        watermark=lambda: watermark(store),
        ready=lambda: _writes(store.ping()),
        close=store.close,
        cancel=store.cancel,
        keeper=None if snapshots is None else Keeper(source, snapshots),
    )


def watermark(store: GraphStore) -> int:
    """How many writes the database has accepted."""
    return _writes(schema.state(store))


def _writes(found: SchemaRow | None) -> int:
    return found.watermark if found else 0


def _none_run(_: Cancellation) -> int:
    """Find no statement to end."""
    return 0


def _nothing() -> None:
    """Open nothing again."""


@dataclass(frozen=True)
class Lotgraph:
    """The engine as its front ends see it: finds, traces, and takes in facts.

    ``ready`` is the watermark if the database answers within about two seconds.
    ``clock_tolerance`` holds for every trace, unless it names a system itself.
    ``reopen`` is for a front end that outlives the embedded server and only reads.
    What writes must not use it: a load that broke in the middle is told, and not
    continued on a server that may have another state than it has seen.
    ``cancel`` ends the statements that run for one asker, and says how many it found.
    ``keeper`` has the snapshot of the database, which traces use if ``uses_snapshot``.
    """

    flows: FlowSource
    history: FlowHistory
    index: NodeIndex
    sink: Callable[[], FactSink]
    book: EventBook
    watermark: Callable[[], int]
    ready: Callable[[], int]
    close: Callable[[], None]
    reopen: Callable[[], None] = _nothing
    clock_tolerance: ClockTolerance = ()
    cancel: Callable[[Cancellation], int] = _none_run
    keeper: Keeper | None = None
    uses_snapshot: bool = True

    def find(self, text: str, *, limit: int = 20) -> list[Candidate]:
        """Every node the text may mean, surest first."""
        return find(self.index, text, limit=limit)

    def resolve(self, text: str) -> NodeId:
        """The one node the text means. Raises NotFound or Ambiguous."""
        return resolve(self.index, text)

    def identified(self, texts: Iterable[str]) -> dict[str, NodeId]:
        """The nodes of those of the texts that are an identifier or code of just one."""
        return identified(self.index, texts)

    def node(self, node_id: NodeId) -> NodeRow:
        """The node with this id. Raises NotFound."""
        rows = self.index.nodes([node_id])
        if not rows:
            raise NotFound(kind=words("resolve.any_kind"), text=node_id, near="")
        return rows[0]

    def trace(self, query: TraceQuery, *, progress: Progress | None = None) -> Trace:
        """Answer a trace question: from the snapshot if there is one that can tell.

        Then the answer names its watermark; null where the database was asked. ``progress``
        is told as the trace goes on.
        """
        query = replace(query, clock_tolerance=self._clocks(query.clock_tolerance))
        refuse_amounts(query)
        keeper = self.keeper if self.uses_snapshot else None
        copied = None if keeper is None else keeper.trace(query, progress)
        found = with_details(copied or trace(self.flows, query, progress=progress), self.flows)
        return without_diluted(with_amounts(found, self.flows)) if query.quantities else found

    def paths(
        self, trace: Trace, node_id: NodeId, direction: Direction, count: int
    ) -> list[tuple[Hop, ...]]:
        """Up to so many paths by which a trace reached a node, the best first.

        Raises NotFound for a node that was not reached in that direction.
        """
        return best_paths(SharedFlows(self.flows), trace, node_id, direction, count)

    def meant(
        self, query: TraceQuery, since: datetime | None = None, until: datetime | None = None
    ) -> TraceQuery:
        """The question with those seeds as windows that are events, or with times all of them.

        Raises InvalidQuery for times of what has none.
        """
        times = Window(WindowKind.PLACE, NodeId(""), since, until)
        return as_window(SharedFlows(self.flows), query, times)

    def why_not(self, query: TraceQuery, node_id: NodeId) -> WhyNot:
        """What keeps a trace from reaching a node; a seed may be a quality event."""
        clocks, watermark = self._clocks(query.clock_tolerance), self.watermark()
        meant = self.meant(replace(query, clock_tolerance=clocks))
        found = why_absent(SharedFlows(self.flows), self.history, meant, node_id)
        return replace(found, watermark=watermark)

    def remarks(self, trace: Trace) -> list[Remark]:
        """What of the question of a trace made no difference: it may be misspelt."""
        return remarks(trace, self.flows)

    def compare(self, query: ComparisonQuery, *, progress: Progress | None = None) -> Comparison:
        """Trace several cases and put their traces together as sets."""
        clocks, watermark = self._clocks(query.clock_tolerance), self.watermark()
        query = replace(query, clock_tolerance=clocks)
        found = self._by_copy(lambda copied: compare(self.flows, query, copied, progress))
        return replace(found, watermark=watermark)

    def common_causes(self, query: CauseQuery, *, progress: Progress | None = None) -> CommonCauses:
        """Rank what bad cases share upstream and good ones do not."""
        clocks, watermark = self._clocks(query.clock_tolerance), self.watermark()
        query = replace(query, clock_tolerance=clocks)
        found = self._by_copy(lambda copied: common_causes(self.flows, query, copied, progress))
        return replace(found, watermark=watermark)

    def _by_copy(self, answer: Callable[[CopiedFlows | None], T]) -> T:
        """An answer with the snapshot; without one where its files turn out to be damaged."""
        if self.keeper and self.uses_snapshot:
            with suppress(SnapshotDamaged), self.keeper.vouched():
                return answer(self.keeper.flows())
        return answer(None)

    def _clocks(self, asked: ClockTolerance) -> ClockTolerance:
        return merged(self.clock_tolerance, asked)

    def __enter__(self) -> Lotgraph:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
