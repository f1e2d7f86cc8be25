"""The schema, declared once and rendered for each engine.

Unique keys and indexes are common Cypher. ArcadeDB also needs to be told which
properties hold zoned times, before any data: it would drop the zone of the
first one it sees (Neo4j keeps zones by itself, and its Community edition has no
type constraints).
"""

from __future__ import annotations

from collections.abc import Iterator

from genealogy.errors import SchemaMismatch, StoreRejected
from genealogy.model.names import FLOW_TIMES, LOAD_TIMES, NODE_TIMES, Flow, Label
from genealogy.store.bolt import GraphStore
from genealogy.store.engines import Engine
from genealogy.store.queries import SCHEMA_RECORD, SCHEMA_STATE, SchemaRow

VERSION = 7
UNIQUE = ((Label.ENTITY, "node_id"), (Label.SCHEMA, "name"), (Label.LOAD, "load_id"))
INDEXED = (
    (Label.ENTITY, "code_key"),
    (Label.ENTITY, "code_tail"),
    (Label.EVENT, "node_id"),
    (Label.LOAD, "state"),
    (Label.PRODUCT, "non_propagating"),
    (Label.CHANGE, "watermark"),
)


def statements(engine: Engine) -> Iterator[str]:
    """Every schema statement for an engine; each can be repeated without harm."""
    for label, key in UNIQUE:
        yield (
            f"CREATE CONSTRAINT unique_{label}_{key} IF NOT EXISTS "
            f"FOR (n:{label}) REQUIRE n.{key} IS UNIQUE"
        )
    for label, key in INDEXED:
        yield f"CREATE INDEX index_{label}_{key} IF NOT EXISTS FOR (n:{label}) ON (n.{key})"
    if engine.types_times:
        yield from _zoned_times()


def _zoned_times() -> Iterator[str]:
    for label, keys in ((Label.ENTITY, NODE_TIMES), (Label.LOAD, LOAD_TIMES)):
        for key in keys:
            yield (
                f"CREATE CONSTRAINT zoned_{label}_{key} IF NOT EXISTS "
                f"FOR (n:{label}) REQUIRE n.{key} IS :: ZONED DATETIME"
            )
    for flow in Flow:
        for key in FLOW_TIMES:
            yield (
                f"CREATE CONSTRAINT zoned_{flow}_{key} IF NOT EXISTS "
                f"FOR ()-[r:{flow}]-() REQUIRE r.{key} IS :: ZONED DATETIME"
            )


def state(store: GraphStore) -> SchemaRow | None:
    """The version and watermark found in the database; null for an empty one."""
    rows = store.run(SCHEMA_STATE)
    return rows[0] if rows else None


def ensure(store: GraphStore) -> bool:
    """Bring a database to the current version; says whether it did anything.

    What is there stays: each version so far only adds to the one before. Raises
    SchemaMismatch when the data was written by a later version.
    """
    found = state(store)
    if found is not None and found.version > VERSION:
        raise SchemaMismatch(found=found.version, wanted=VERSION)
    if found is not None and found.version == VERSION:
        return False
    for statement in statements(store.engine):
        _apply(store, statement)
    store.run(SCHEMA_RECORD, version=VERSION)
    return True


def _apply(store: GraphStore, statement: str) -> None:
    try:
        store.execute(statement)
    except StoreRejected as error:
        raise StoreRejected(query=statement, reason=error.params["reason"]) from error
