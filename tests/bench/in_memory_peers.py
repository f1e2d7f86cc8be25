"""Plain reachability by graph libraries, which know no times: the least a trace has to beat.

Each is asked for the lots alone, and for the edges between them too, as it does either best.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.bench.goals import LIBRARIES
from tests.bench.layered import Mix

Ints = npt.NDArray[Any]


@dataclass(frozen=True)
class Library:
    """A graph in a library: ``lots`` within reach of one, itself included; and edges among them.

    Edges are left out where they take so long that nobody would ask for them.
    """

    name: str
    lots: Callable[[int], Any]
    edges: Callable[[int], int] | None = None


def libraries(graph: Mix, skipped: dict[str, str]) -> list[Library]:
    """The graph in every library that is installed; ``skipped`` takes the others."""
    made = {"igraph": _igraph, "rustworkx": _rustworkx, "networkx": _networkx}
    found = []
    for name in LIBRARIES:
        try:
            library = import_module(name)
        except ImportError:
            skipped[name] = "is not installed (pip install '.[bench]')"
            continue
        found.append(made[name](library, graph))
    return found


def _igraph(igraph: Any, graph: Mix) -> Library:
    ends = np.stack((graph.source, graph.target), axis=1)
    known = igraph.Graph(n=graph.lots, edges=ends, directed=True)
    known.es["at"] = graph.at.tolist()

    def lots(seed: int) -> list[int]:
        reached: list[int] = known.subcomponent(seed, mode="out")
        return reached

    def edges(seed: int) -> int:
        return len(known.induced_subgraph(lots(seed)).es["at"])

    return Library("igraph", lots, edges)


def _rustworkx(rustworkx: Any, graph: Mix) -> Library:
    known = rustworkx.PyDiGraph()
    known.add_nodes_from(range(graph.lots))
    columns = (column.tolist() for column in (graph.source, graph.target, graph.at))
    known.add_edges_from(list(zip(*columns, strict=True)))

    def lots(seed: int) -> Any:
        return rustworkx.descendants(known, seed) | {seed}

    def edges(seed: int) -> int:
        return len(known.subgraph(list(lots(seed))).edges())

    return Library("rustworkx", lots, edges)


def _networkx(networkx: Any, graph: Mix) -> Library:
    known = networkx.DiGraph()
    known.add_edges_from(zip(graph.source.tolist(), graph.target.tolist(), strict=True))

    def lots(seed: int) -> set[int]:
        reached: set[int] = networkx.descendants(known, seed) | {seed}
        return reached

    return Library("networkx", lots)
