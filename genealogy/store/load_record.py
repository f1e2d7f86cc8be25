"""The record of a load: open from before its first write until it has ended well.

What a load that was broken off did not come to is missing from every answer, and
nothing else in the graph tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from genealogy.model.times import iso
from genealogy.store.bolt import GraphStore, Transaction
from genealogy.store.queries import BEGIN_LOAD, END_LOADS, UNFINISHED_OF


@contextmanager
def recorded(store: GraphStore, source: str) -> Iterator[None]:
    """Keep an open record of a load while the block runs; closed only if it ends well.

    Then those that earlier loads of the same source left open are closed too. One that
    another load opened meanwhile is left to that one. Raises StoreError.
    """
    load_id = str(uuid4())
    left_open = store.write(lambda tx: _begin(tx, load_id, source))
    yield
    store.run(END_LOADS, ids=[*left_open, load_id], finished_at=_now())


def _begin(tx: Transaction, load_id: str, source: str) -> list[str]:
    left_open = tx.one(UNFINISHED_OF, source=source).ids
    tx.run(BEGIN_LOAD, load_id=load_id, source=source, begun_at=_now())
    return left_open


def _now() -> str:
    return iso(datetime.now(UTC))
