"""Flows of making: inputs to a process hub, hub to outputs, re-labels, and lots to their items."""

from __future__ import annotations

from collections.abc import Iterator

from genealogy.model.facts import FlowFact, NodeId
from genealogy.model.identifiers import lot_id
from genealogy.model.names import Flow, Label
from loaders.epcis.event import Action, Content, Event, EventType
from loaders.epcis.known import Known, Move, alone
from loaders.epcis.vocabulary import REPACKAGING, local_name


def production_flows(known: Known) -> Iterator[FlowFact]:
    """What one event says of material becoming other material."""
    event = known.event
    if event.type is EventType.TRANSFORMATION:
        yield from _relabelled(known) if is_relabel(event) else _transformed(known)
    for item, lot in lots_of_items(event):
        move = Move(Flow.SERIALISED_AS, lot, Label.LOT, item, Label.ITEM)
        yield from alone(known, move)


def batch_id(event: Event) -> NodeId:
    """The hub of a transformation: shared by all events with one transformation id."""
    return NodeId(f"batch:{event.transformation_id or event.event_id}")


def is_relabel(event: Event) -> bool:
    """Whether one lot only gets another name or package."""
    ends = (*event.inputs, *event.outputs)
    return (
        event.step == REPACKAGING
        and event.transformation_id is None
        and len(event.inputs) == len(event.outputs) == 1
        and all(end.label is Label.LOT for end in ends)
        and ends[0].node_id != ends[1].node_id
    )


def _relabelled(known: Known) -> Iterator[FlowFact]:
    [before], [after] = known.event.inputs, known.event.outputs
    move = Move(
        Flow.RELABELLED_AS, before.node_id, Label.LOT, after.node_id, Label.LOT, amount=after
    )
    yield from alone(known, move)


def _transformed(known: Known) -> Iterator[FlowFact]:
    hub = batch_id(known.event)
    for content in known.event.inputs:
        yield from alone(known, _into(content, hub))
    for content in known.event.outputs:
        yield from alone(known, _out_of(content, hub))


def _into(content: Content, hub: NodeId) -> Move:
    return Move(Flow.CONSUMED_BY, content.node_id, content.label, hub, Label.BATCH, amount=content)


def _out_of(content: Content, hub: NodeId) -> Move:
    return Move(Flow.PRODUCED, hub, Label.BATCH, content.node_id, content.label, amount=content)


def lots_of_items(event: Event) -> Iterator[tuple[NodeId, NodeId]]:
    """Items the event creates, each with its lot, where the event says which lot that is."""
    told = dict(event.item_lots)
    code = lot_code(event)
    for epc in created_items(event):
        lot = told.get(epc)
        if lot is None and code is not None and epc.startswith("(01)"):
            lot = lot_id("", epc[len("(01)") : len("(01)") + 14], code).node_id
        if lot is not None:
            yield epc, lot


def created_items(event: Event) -> list[NodeId]:
    """The serialised items that come into being by the event, or are named with their lot."""
    if event.type is EventType.TRANSFORMATION:
        epcs = event.output_epcs
    elif event.type is EventType.OBJECT and event.action is Action.ADD:
        epcs = event.epcs
    else:
        epcs = ()
    created = [epc.node_id for epc in epcs if epc.kind is Label.ITEM]
    return list(dict.fromkeys([*created, *(item for item, _ in event.item_lots)]))


def lot_code(event: Event) -> str | None:
    """The lot number among the attributes of what was created."""
    for name, value in event.ilmd.items():
        if local_name(name) == "lotNumber" and isinstance(value, str) and value.strip():
            return value.strip()
    return None
