"""By which revision of a recipe lots and items were made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from genealogy.model.facts import NodeId
from genealogy.model.names import Flow, Label
from genealogy.trace.spans import Records

#: From what something was made, or of what it is: a relabelled lot, an item of a lot.
_OF = frozenset({Flow.PRODUCED, Flow.RELABELLED_AS, Flow.SERIALISED_AS})


def made_otherwise(records: Records, nodes: Sequence[NodeId], revision: str) -> set[NodeId]:
    """Those of these lots and items that are known to be made by other revisions only.

    What is relabelled or serialised was made when what it is of was. A batch whose revision
    is not recorded, and a lot without any origin, may be of any.
    """
    inner = _origins(records, nodes)
    ends = {one for of in inner.values() for one in of}.union(nodes).difference(inner)
    told = {
        row.node_id: row.properties.get("recipe_revision")
        for row in records.nodes(sorted(ends))
        if row.kind == Label.BATCH
    }
    fits = {end for end in ends if told.get(end) in (None, revision)}
    return (_after(inner, ends) - _after(inner, fits)).intersection(nodes)


def _origins(records: Records, nodes: Iterable[NodeId]) -> dict[NodeId, set[NodeId]]:
    """What each node was made from or is of, and that in turn, as far as batches."""
    found, new = defaultdict[NodeId, set[NodeId]](set), sorted(set(nodes))
    seen = set(new)
    while new:
        rows = records.edges(new, "backward")
        before = set[NodeId]()
        for source, flow, target in zip(rows.source, rows.type, rows.target, strict=True):
            if flow in _OF:
                found[target].add(source)
                if flow != Flow.PRODUCED:
                    before.add(source)
        new = sorted(before - seen)
        seen.update(new)
    return dict(found)


def _after(inner: Mapping[NodeId, set[NodeId]], starts: set[NodeId]) -> set[NodeId]:
    """Everything that comes of these, themselves too."""
    outer = defaultdict[NodeId, list[NodeId]](list)
    for node, of in inner.items():
        for one in of:
            outer[one].append(node)
    found, new = set(starts), list(starts)
    while new:
        more = {node for one in new for node in outer.get(one, ())} - found
        found |= more
        new = list(more)
    return found
