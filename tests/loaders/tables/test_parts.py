"""The parts of lots, known before the lots are written."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import pytest

from genealogy.model.facts import Fact, NodeFact, Written
from genealogy.model.names import Role
from loaders.tables.load import load_tables
from loaders.tables.parts import GIVING, Parts
from tests.loaders.memory import MemoryGraph

TABLES = {
    "lots": "lot_id,status\nlot:S:P:1,ok\nlot:S:P:2,ok\nlot:S:P:3,ok\nlot:S:P:4,ok\n",
    "production": "batch_id,output_id,quantity,uom\nB1,lot:S:P:1,1,KGM\nB1,lot:S:P:2,-1,KGM\n",
    "supplies": "supplier_id,supplied_id\nparty:S,lot:S:P:1\nS,lot:S:P:3\nS,shipment:9\n",
}


class FirstTold(MemoryGraph):
    """Keeps what roles each node had when it was first told of."""

    def write(self, facts: Iterable[Fact]) -> Written:
        told = list(facts)
        for fact in told:
            if isinstance(fact, NodeFact) and fact.node_id not in self.nodes:
                self.first.setdefault(fact.node_id, set()).update(fact.roles)
        return super().write(told)

    @cached_property
    def first(self) -> dict[str, set[Role]]:
        return {}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_tables_that_give_lots_a_part_are_those_of_the_design() -> None:
    assert GIVING == {
        "supplies": ("supplied_id", Role.SUPPLIER_LOT),
        "production": ("output_id", Role.PRODUCT_LOT),
    }


def test_a_lot_is_told_with_all_its_parts_at_once(folder: Path) -> None:
    graph = FirstTold()
    load_tables(folder, graph, batch_rows=2)
    assert graph.first["lot:S:P:1"] == {Role.PRODUCT_LOT, Role.SUPPLIER_LOT}
    assert graph.first["lot:S:P:3"] == {Role.SUPPLIER_LOT}
    assert graph.first["lot:S:P:4"] == set()
    assert {key: graph.roles(key) for key in graph.first} == graph.first | {
        "batch:B1": set(),
        "party:S": {Role.SUPPLIER},
    }


def test_a_row_that_is_rejected_gives_no_part_and_is_counted_once(folder: Path) -> None:
    graph = FirstTold()
    loaded = load_tables(folder, graph)
    assert graph.roles("lot:S:P:2") == set()
    assert (loaded.rejects, loaded.total.read, loaded.total.rejected) == (1, 9, 1)
    assert [reject.code for reject in loaded.samples] == ["negative_quantity"]


def test_a_file_that_cannot_be_read_is_refused_once_and_gives_no_part(folder: Path) -> None:
    (folder / "production.csv").write_bytes(b"batch_id,output_id\nB1,lot:S:P:1\xff\n")
    graph = FirstTold()
    loaded = load_tables(folder, graph)
    assert loaded.refused_files == ("production.csv",)
    assert graph.roles("lot:S:P:1") == {Role.SUPPLIER_LOT}


def test_a_file_without_the_needed_columns_gives_no_part(folder: Path) -> None:
    (folder / "production.csv").write_text("output_id\nlot:S:P:4\n", encoding="utf-8")
    graph = FirstTold()
    assert load_tables(folder, graph).refused_files == ("production.csv",)
    assert graph.roles("lot:S:P:4") == set()


def test_without_movements_no_lot_plays_a_part() -> None:
    assert Parts().of(["lot:a", "lot:b"]) == [(), ()]  # type: ignore[list-item]
