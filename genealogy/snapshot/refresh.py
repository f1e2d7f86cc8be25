"""Bring a snapshot up to date: the rows of nodes that writes told of are read anew.

New rows are put behind the old ones, which stay where they are for walks under way;
rows of nodes point to what counts. A retracted flow is one that is in no row any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from genealogy.model.facts import NodeId
from genealogy.model.identifiers import is_unlotted, product_of
from genealogy.model.names import Label
from genealogy.ports import DataState, GraphSource
from genealogy.snapshot.content import Content, Nodes
from genealogy.snapshot.graph import (
    ANY_TIME,
    Side,
    alike,
    backward_side,
    forward_order,
    forward_side,
    rows_of,
)
from genealogy.snapshot.make import by_id, edges_of, frozen
from genealogy.snapshot.prepared import apart, special, still
from genealogy.snapshot.records import RecordsBuilder
from genealogy.snapshot.texts import Names, Texts
from genealogy.trace.columns import append, select
from genealogy.trace.signs import APART, BOX, KIND_CODES, MIXED, READ, STILL, UNLOTTED

Ints = npt.NDArray[Any]
_PLACE, _EVENT = KIND_CODES[Label.PLACE], KIND_CODES[Label.QUALITY_EVENT]
_PRODUCT = KIND_CODES[Label.PRODUCT]
_MATERIAL = (KIND_CODES[Label.LOT], KIND_CODES[Label.ITEM])
_KINDS = {code: kind for kind, code in KIND_CODES.items()}


def refreshed(
    content: Content, source: GraphSource, changed: Sequence[NodeId], state: DataState
) -> Content | None:
    """The snapshot with the rows of these nodes as they are now; null if that cannot be told.

    It cannot where flows lead to nodes that no write up to the watermark told of: there
    are later ones.
    """
    read = _Read.of(source, changed)
    left = [node for node in _left(content, read) if node not in read.touched]
    if left:
        read = _Read.of(source, [*changed, *left])
    named = {*read.rows.source, *read.rows.target, *read.touched}
    new = sorted(named - content.nodes.number(named).keys())
    if not read.touched.issuperset(new):
        return None
    grown = _with_nodes(content, new, source)
    numbers = grown.nodes.number(named)
    kinds = {int(grown.nodes.kind[numbers[node]]) for node in read.touched}
    may_differ = _PRODUCT in kinds or any(map(is_unlotted, read.touched))
    if may_differ and special(source) != content.still:
        return None
    return _with_rows(_in_scale(grown, read, numbers), read, numbers, source, state)


@dataclass(frozen=True, slots=True)
class _Read:
    """All flows at some nodes, each once, and those of the nodes that are mixed as a whole."""

    touched: frozenset[NodeId]
    rows: Any
    mixed: frozenset[NodeId]

    @classmethod
    def of(cls, source: GraphSource, nodes: Sequence[NodeId]) -> _Read:
        touched = frozenset(nodes)
        ahead, behind = (source.edges(sorted(touched), way) for way in ("forward", "backward"))
        rows = ahead.rows
        others = [i for i, tail in enumerate(behind.rows.source) if tail not in touched]
        append(rows, select(behind.rows, others))
        return cls(touched, rows, frozenset(ahead.mixed) | frozenset(behind.mixed))


def _left(content: Content, read: _Read) -> set[NodeId]:
    """Nodes to which flows led from those that were read, and lead no more."""
    rows = read.rows
    now = set(zip(rows.edge_id, rows.source, rows.target, strict=True))
    touched = np.array(list(content.nodes.number(read.touched).values()), dtype=np.int64)
    before = {*_old(content, content.forward, touched), *_old(content, content.backward, touched)}
    return {NodeId(end) for edge in before - now for end in edge[1:]}


def _old(content: Content, side: Side, nodes: Ints) -> Iterator[tuple[str, str, str]]:
    """The edges of nodes in a direction, as they were: id, source, target."""
    places, near = rows_of(side, nodes)
    edges = places if side.edge is None else side.edge[places]
    ids = content.nodes.ids
    here, there = ids.pick(near), ids.pick(side.head[places])
    if side.edge is not None:
        here, there = there, here
    return zip(content.records.edge_ids(edges).listed(), here, there, strict=True)


def _with_nodes(content: Content, new: Sequence[NodeId], source: GraphSource) -> Content:
    if not new:
        return content
    nodes = content.nodes
    names = Names(nodes.ids.texts, (*nodes.ids.more, *new))
    kinds = source.kinds(list(new))
    products = {product: number for number, product in enumerate(nodes.products)}
    named = [products.setdefault(p, len(products)) if (p := product_of(n)) else -1 for n in new]
    marks = [READ | UNLOTTED * is_unlotted(node) for node in new]
    rank = names.rank()
    # As what comes from files is: what may be written to takes another kernel.
    rank.flags.writeable = False
    grown = Nodes(
        names,
        rank,
        np.concatenate((nodes.mark, np.array(marks, dtype=np.uint8))),
        np.concatenate((nodes.kind, np.array([KIND_CODES[kinds[n]] for n in new], dtype=np.uint8))),
        np.concatenate((nodes.product, np.array(named, dtype=np.int32))),
        Texts.of(list(products)),
    )
    empty = np.zeros(len(new), dtype=np.int32)
    forward, backward = (
        replace(
            side,
            begin=np.concatenate((side.begin, empty)),
            split=np.concatenate((side.split, empty)),
            stop=np.concatenate((side.stop, empty)),
        )
        for side in (content.forward, content.backward)
    )
    return _content(grown, forward, backward, content)


def _content(nodes: Nodes, forward: Side, backward: Side, of: Content, **known: Any) -> Content:
    """A snapshot with other columns, and none lent."""
    values = {
        "open_records": of.open_records,
        "scale": of.scale,
        "state": of.state,
        "still": of.still,
    }
    return Content(nodes, forward, backward, **{**values, **known})


def _in_scale(content: Content, read: _Read, numbers: Mapping[NodeId, int]) -> Content:
    """The snapshot with a scale that holds the times of new rows."""
    edges = edges_of(read.rows, numbers, _lots(content, read, numbers))
    if content.scale.holds(edges.opens) and content.scale.holds(edges.closes):
        return content
    forward, backward = content.forward, content.backward
    micros = content.scale.micros
    ahead = alike(micros(forward.opens), micros(forward.closes))
    # Mirrored: what is no limit is the same number with the other sign.
    behind = alike(-micros(-backward.opens), -micros(-backward.closes))
    return _content(
        content.nodes,
        replace(forward, opens=ahead[0], closes=ahead[1]),
        replace(backward, opens=behind[0], closes=behind[1]),
        content,
        scale=ANY_TIME,
    )


def _lots(content: Content, read: _Read, numbers: Mapping[NodeId, int]) -> set[NodeId]:
    lot = KIND_CODES[Label.LOT]
    return {n for n in set(read.rows.source) if content.nodes.kind[numbers[n]] == lot}


def _with_rows(
    content: Content,
    read: _Read,
    numbers: Mapping[NodeId, int],
    source: GraphSource,
    state: DataState,
) -> Content:
    edges = edges_of(read.rows, numbers, _lots(content, read, numbers))
    scale, count = content.scale, len(content.nodes)
    edges = replace(edges, opens=scale.stored(edges.opens), closes=scale.stored(edges.closes))
    places = by_id(*forward_order(edges), read.rows.edge_id)
    edges = edges.picked(places)
    records = RecordsBuilder()
    records.add(read.rows, places)
    layers = content.records.with_part(records.done())
    touched = np.array(sorted(numbers[node] for node in read.touched), dtype=np.int64)
    forward = _put_behind(content.forward, forward_side(edges, count), touched, None)
    into = np.flatnonzero(np.isin(edges.target, touched))
    base = len(content.forward.head)
    behind = backward_side(edges.picked(into), count)
    assert behind.edge is not None
    backward = _put_behind(content.backward, behind, touched, base + into[behind.edge])
    nodes = _marked(content, read, numbers, touched, backward, source)
    return _content(
        nodes,
        frozen(forward),
        frozen(backward),
        content,
        open_records=lambda: layers,
        state=state,
    )


def _put_behind(side: Side, more: Side, touched: Ints, edge: Ints | None) -> Side:
    """A side with more columns behind its own, and rows of touched nodes in them."""
    base = len(side.head)
    rows = {}
    for name in ("begin", "split", "stop"):
        rows[name] = getattr(side, name).copy()
        rows[name][touched] = getattr(more, name)[touched] + base
    columns = {
        name: np.concatenate((getattr(side, name), getattr(more, name)))
        for name in ("head", "opens", "sign")
    }
    moments = side.closes is side.opens and more.closes is more.opens
    columns["closes"] = columns["opens"] if moments else np.concatenate((side.closes, more.closes))
    stay = ~np.isin(side.door, touched)
    doors = np.concatenate((side.door[stay], more.door))
    steps = np.concatenate((side.step[stay], more.step + np.int32(base)))
    order = np.argsort(doors)
    return Side(
        **rows,
        **columns,
        edge=None if side.edge is None or edge is None else _joined(side.edge, edge),
        door=doors[order],
        step=steps[order],
    )


def _joined(numbers: Ints, more: Ints) -> Ints:
    return np.concatenate((numbers, more.astype(np.int32)))


def _marked(
    content: Content,
    read: _Read,
    numbers: Mapping[NodeId, int],
    touched: Ints,
    backward: Side,
    source: GraphSource,
) -> Nodes:
    """The nodes with marks as the rows say now."""
    nodes = content.nodes
    mark = nodes.mark.copy()
    mark[touched] &= np.uint8(0xFF ^ (MIXED | BOX))
    mark[[numbers[node] for node in read.mixed]] |= MIXED
    boxes = touched[backward.stop[touched] > backward.split[touched]]
    mark[boxes] |= BOX
    if np.isin(nodes.kind[touched], (_PLACE, _EVENT)).any():
        _mark_apart(nodes, mark, source)
    _mark_still(content, mark, touched, source)
    mark.flags.writeable = False
    return replace(nodes, mark=mark)


def _mark_apart(nodes: Nodes, mark: Ints, source: GraphSource) -> None:
    """Mark anew what is walked in states, after cleanings, policies or stays may have changed."""
    places = nodes.ids.pick(np.flatnonzero(nodes.kind == _PLACE))
    found = apart(source, list(map(NodeId, places)))
    mark &= np.uint8(0xFF ^ APART)
    mark[list(nodes.number(found).values())] |= APART


def _mark_still(content: Content, mark: Ints, touched: Ints, source: GraphSource) -> None:
    """Mark anew which of the touched nodes pass nothing on."""
    mark[touched] &= np.uint8(0xFF ^ STILL)
    nodes = content.nodes
    material = touched[np.isin(nodes.kind[touched], _MATERIAL)]
    found = still(source, content.still, map(NodeId, nodes.ids.pick(material)))
    mark[list(nodes.number(found).values())] |= STILL
