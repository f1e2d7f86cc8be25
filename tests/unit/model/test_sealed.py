"""Sealed records are made like any dataclass, and stay as frozen as one."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import Any

import pytest

from genealogy.model.facts import FlowFact, LinkFact, NodeFact, NodeId, Source
from genealogy.model.names import Flow, Label, Link
from genealogy.model.sealed import sealed

ERP = Source("erp", "f.csv:2")
NODE = NodeFact(Label.LOT, NodeId("lot:A:B:C"), ERP)
FLOW = FlowFact(Flow.PRODUCED, NodeId("a"), Label.BATCH, NodeId("b"), Label.LOT, "f", ERP)
LINK = LinkFact(Link.AT, NodeId("a"), Label.LOT, NodeId("b"), Label.PLACE, ERP)


@sealed
@dataclass(frozen=True, slots=True)
class Crate:
    name: str
    count: int = 1
    things: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plain:
    name: str
    count: int = 1
    things: list[str] = field(default_factory=list)


@pytest.mark.parametrize(
    ("given", "named"),
    [(("a",), {}), (("a", 2), {}), ((), {"name": "a", "things": ["x"]}), (("a",), {"count": 3})],
)
def test_values_and_defaults_are_those_of_a_frozen_dataclass(
    given: tuple[Any, ...], named: dict[str, Any]
) -> None:
    ours, plain = Crate(*given, **named), Plain(*given, **named)
    assert [getattr(ours, f.name) for f in fields(Crate)] == [
        getattr(plain, f.name) for f in fields(Plain)
    ]
    assert repr(ours) == repr(plain).replace("Plain", "Crate")


def test_each_record_has_a_default_of_its_own() -> None:
    assert Crate("a").things is not Crate("b").things


@pytest.mark.parametrize("wrong", [(), ("a", 1, [], "more")])
def test_too_few_or_too_many_values_are_refused(wrong: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError):
        Crate(*wrong)


@pytest.mark.parametrize("fact", [NODE, FLOW, LINK, Crate("a")])
def test_what_was_made_cannot_be_changed(fact: Any) -> None:
    name = fields(fact)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(fact, name, "x")
    with pytest.raises(FrozenInstanceError):
        delattr(fact, name)
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        fact.something_else = 1


@pytest.mark.parametrize("fact", [FLOW, LINK])
def test_equal_facts_are_equal_and_hash_alike(fact: Any) -> None:
    assert replace(fact) == fact
    assert hash(replace(fact)) == hash(fact)
    assert replace(fact, source_id="other") != fact
    assert type(replace(fact)) is type(fact)


@pytest.mark.parametrize("fact", [NODE, FLOW, LINK])
def test_facts_can_be_copied_and_sent(fact: Any) -> None:
    assert copy.copy(fact) == fact
    assert pickle.loads(pickle.dumps(fact)) == fact
