"""Small numbers that stand for what the walk has to know of edges and nodes.

An edge has a sign, one byte: the code of its flow and bits. A node has a mark, one
byte of bits. Both are the same whether they were read from a database or a snapshot.
"""

from __future__ import annotations

from genealogy.model.names import FLOW_ENDS, INTO_SHIPMENT, Flow, Label
from genealogy.ports import Direction

#: Bits of the sign that hold the code of the flow.
FLOW_BITS = 0x0F
#: An edge before it in its row, or itself, has a window that is more than one moment.
LASTING = 0x10
#: Nothing is known of when the edge was: neither a moment nor an interval.
TIMELESS = 0x20
#: The moment at which it occurred is not known.
UNDATED = 0x40

#: Codes of flows in signs.
FLOW_CODES: dict[str, int] = {flow: code for code, flow in enumerate(Flow)}
NO_FLOW = FLOW_BITS

#: Bits of a node's mark: every input may reach every output; all its edges are known; things
#: were contained in it; it stands for material of which no lot is known; in exact mode it is
#: no node of its own but several states (``genealogy.trace.states``).
#: Of a product whose material passes nothing on (``genealogy.trace.still``), or of which
#: some has no lot number (``genealogy.trace.unlotted``).
MIXED, READ, BOX, UNLOTTED, APART, STILL = 1, 2, 4, 8, 16, 32

#: Codes of kinds of node; 0 stands for a node that is not known.
KIND_CODES: dict[str, int] = {kind: code for code, kind in enumerate(Label, start=1)}

#: Flows that lie in their target, and come to it in pieces. What of a product has no lot
#: number holds each lot of it as long as that was on hand.
INTO_BOX = frozenset({Flow.CONTAINED_IN, Flow.MAY_BE})
BOXES = FLOW_ENDS[Flow.CONTAINED_IN][1]
#: Flows of what a container or shipment stands for.
HOLDS = INTO_SHIPMENT | {Flow.CONTAINED_IN}
STANDS_FOR_CONTENTS = BOXES | {Label.SHIPMENT}
# Flows that may leave something that holds other things.
_MAY_HOLD = BOXES | FLOW_ENDS[Flow.MAY_BE][1]
_FROM_BOX = frozenset(flow for flow, (sources, _) in FLOW_ENDS.items() if sources & _MAY_HOLD)

#: How to look at an edge with care: it comes to no passage, comes in pieces, or comes
#: (backward) to what may hold things, which shows when its own edges are read.
ENDING, BOXED, UNSURE = 1, 2, 3
_CAREFUL: dict[Direction, dict[Flow, int]] = {
    "forward": {**dict.fromkeys(INTO_BOX, BOXED), Flow.DELIVERED_TO: ENDING},
    "backward": dict.fromkeys(_FROM_BOX, UNSURE),
}


def careful(direction: Direction) -> bytes:
    """For each code of a flow how much care its edges take."""
    found = bytearray(FLOW_BITS + 1)
    for flow, care in _CAREFUL[direction].items():
        found[FLOW_CODES[flow]] = care
    return bytes(found)
