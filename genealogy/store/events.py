"""Reads EPCIS events again, as they were kept."""

from __future__ import annotations

from collections.abc import Sequence

from genealogy.model import claims
from genealogy.model.facts import NodeId
from genealogy.sinks import StoredEvent
from genealogy.store.bolt import GraphStore
from genealogy.store.queries import EVENTS, EVENTS_ABOUT, Query, Rows

_CHUNK = 5_000


class GraphEvents:
    """Looks events up again."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def events(self, event_ids: Sequence[NodeId]) -> list[StoredEvent]:
        """The events with these ids that are known."""
        return self._found(EVENTS, event_ids)

    def events_about(self, node_ids: Sequence[NodeId]) -> list[StoredEvent]:
        """Every event that is about any of these nodes, each once."""
        return self._found(EVENTS_ABOUT, node_ids)

    def _found(self, query: Query[Rows], ids: Sequence[NodeId]) -> list[StoredEvent]:
        found: dict[NodeId, StoredEvent] = {}
        for i in range(0, len(ids), _CHUNK):
            [page] = self._store.run(query, ids=list(ids[i : i + _CHUNK]))
            found |= {row[0]: _event(*row) for row in page.rows}
        return list(found.values())


def _event(event_id: NodeId, told: list[str] | None) -> StoredEvent:
    # Links may be written ahead of the event they belong to.
    values = claims.properties(told or [])
    return StoredEvent(
        event_id=event_id,
        body=values.get("body") or values.get("void_body"),
        recorded_at=values.get("recorded_at"),
        voided_at=values.get("voided_at"),
        source_system=values.get("source_system", ""),
        source_record=values.get("source_record", ""),
    )
