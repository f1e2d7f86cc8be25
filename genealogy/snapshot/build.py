"""Make a snapshot of a database: all nodes, then the flows that leave them, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from genealogy.model.facts import NodeId
from genealogy.model.names import Label
from genealogy.ports import GraphSource, NodeColumns
from genealogy.snapshot.content import Content
from genealogy.snapshot.make import Maker
from genealogy.snapshot.prepared import apart, special, still

#: Told after each page: nodes whose flows were read, and nodes there are.
Progress = Callable[[int, int], None]
_PAGE = 5_000
#: Pages read at once: a database that answers one has a core left for the next.
READERS = 2


def build(source: GraphSource, progress: Progress | None = None) -> Content:
    """The flow graph as it stands, in the state of before the first page.

    What is written meanwhile may be in it or not: a refresh from that state on settles it.
    """
    state = source.state()
    nodes = NodeColumns()
    for page in source.all_nodes():
        nodes.append(page)
    products = special(source)
    divided = apart(source, list(of_kinds(nodes, Label.PLACE)))
    halting = still(source, products, of_kinds(nodes, Label.LOT, Label.ITEM))
    maker = Maker(nodes, divided, halting, products)
    pages = [maker.ids[i : i + _PAGE] for i in range(0, len(maker.ids), _PAGE)]
    # The database reads the next page while this one is worked on.
    with ThreadPoolExecutor(READERS) as ahead:
        for at, rows in enumerate(ahead.map(source.flows_from, pages)):
            maker.add(rows)
            if progress is not None:
                progress(min(len(maker.ids), (at + 1) * _PAGE), len(maker.ids))
    return maker.done(state)


def of_kinds(nodes: NodeColumns, *kinds: Label) -> Iterator[NodeId]:
    """The nodes of these kinds."""
    pairs = zip(nodes.node_id, nodes.kind, strict=True)
    return (node_id for node_id, kind in pairs if kind in kinds)
