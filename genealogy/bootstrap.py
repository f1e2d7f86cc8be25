"""The single place where the parts are wired together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from genealogy.errors import NotFound
from genealogy.messages import text as words
from genealogy.model.facts import NodeId
from genealogy.ports import EventBook, FactSink, FlowSource, NodeIndex, NodeRow
from genealogy.trace.resolve import Candidate, find, resolve
from genealogy.trace.result import Trace, TraceQuery
from genealogy.trace.run import trace


@dataclass(frozen=True)
class Lotgraph:
    """The engine as its front ends see it: finds, traces, and takes in facts."""

    flows: FlowSource
    index: NodeIndex
    sink: FactSink
    book: EventBook
    watermark: Callable[[], int]
    close: Callable[[], None]

    def find(self, text: str, *, limit: int = 20) -> list[Candidate]:
        """Every node the text may mean, surest first."""
        return find(self.index, text, limit=limit)

    def resolve(self, text: str) -> NodeId:
        """The one node the text means. Raises NotFound or Ambiguous."""
        return resolve(self.index, text)

    def node(self, node_id: NodeId) -> NodeRow:
        """The node with this id. Raises NotFound."""
        rows = self.index.nodes([node_id])
        if not rows:
            raise NotFound(kind=words("resolve.any_kind"), text=node_id, near="")
        return rows[0]

    def trace(self, query: TraceQuery) -> Trace:
        """Answer a trace question from the database."""
        return trace(self.flows, query)

    def __enter__(self) -> Lotgraph:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
