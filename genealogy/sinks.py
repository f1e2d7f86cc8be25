"""What loaders need from the outside, as protocols the store fulfils."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from genealogy.model.facts import Fact, NodeId, Written


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An EPCIS event as kept: its canonical body, and when it was recorded or voided (UTC)."""

    event_id: NodeId
    body: str | None
    recorded_at: datetime | None
    voided_at: datetime | None
    source_system: str
    source_record: str


class EventBook(Protocol):
    """Where events are looked up again, to settle what depends on several of them."""

    def events_about(self, node_ids: Sequence[NodeId]) -> list[StoredEvent]:
        """Every event that is ABOUT any of these nodes, each once."""
        ...

    def events(self, event_ids: Sequence[NodeId]) -> list[StoredEvent]:
        """The events with these ids that are known."""
        ...


class FactSink(Protocol):
    """Where loaders write facts."""

    def write(self, facts: Iterable[Fact]) -> Written:
        """Fold facts into the graph, all or nothing for this call; idempotent."""
        ...

    def stream(self, batches: Iterable[Sequence[Fact]]) -> Generator[Written, None, None]:
        """Write each batch as ``write`` does, while the next ones are made; results in order.

        A batch that fails ends the stream with its error. Closing the stream waits
        for what is being written; what has not begun by then is left out.
        """
        ...

    def loading(self, source: str) -> AbstractContextManager[None]:
        """Keep a record that the load of this source has begun, until the block ends.

        A block that ends by an error leaves the record open, and so does a process that
        is killed; the next load of the same source that ends well closes it.
        """
        ...
