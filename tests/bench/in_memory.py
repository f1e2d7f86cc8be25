"""The plant as a networkx graph: an oracle for answers and a yardstick for their time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from heapq import heappop, heappush

import networkx as nx

from tests.bench.plant import Line

_ALWAYS = datetime.min.replace(tzinfo=UTC)
#: table -> positions of source, target and time, and the prefixes of their ids
_FLOWS = {
    "consumption": (1, 0, 4, "", "batch:"),
    "production": (0, 1, 4, "batch:", ""),
    "shipment_lines": (1, 0, 4, "", "shipment:"),
    "shipments": (0, 2, 4, "shipment:", ""),
}


def as_networkx(records: Iterable[tuple[str, Line]]) -> nx.MultiDiGraph[str]:
    """The flows of a plant; ``at`` is their time."""
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for table, line in records:
        if table in _FLOWS:
            source, target, at, before, after = _FLOWS[table]
            moment = datetime.fromisoformat(str(line[at]))
            graph.add_edge(f"{before}{line[source]}", f"{after}{line[target]}", at=moment)
    return graph


def answer(graph: nx.MultiDiGraph[str], seed: str, *, in_time: bool) -> tuple[int, int]:
    """How many nodes material of the seed may be in, and over how many flows it came.

    ``in_time``: it leaves a node only at or after it came there.
    """
    arrived = _in_time(graph, seed) if in_time else _whenever(graph, seed)
    taken = (
        (source, target, flow)
        for source, target, flow in graph.out_edges(arrived, data=True)
        if flow["at"] >= arrived[source]
    )
    return len(arrived), len(list(taken))


def _whenever(graph: nx.MultiDiGraph[str], seed: str) -> dict[str, datetime]:
    return dict.fromkeys({seed, *nx.descendants(graph, seed)}, _ALWAYS)


def _in_time(graph: nx.MultiDiGraph[str], seed: str) -> dict[str, datetime]:
    arrived: dict[str, datetime] = {}
    heap = [(_ALWAYS, seed)]
    while heap:
        since, node = heappop(heap)
        if node in arrived:
            continue
        arrived[node] = since
        for _, target, flow in graph.out_edges(node, data=True):
            if target not in arrived and flow["at"] >= since:
                heappush(heap, (flow["at"], target))
    return arrived
