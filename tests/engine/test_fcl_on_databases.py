"""FoodChain-Lab's files on both databases: loaded, loaded again, traced and given back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from genealogy.bootstrap import Lotgraph, engine_on
from genealogy.exports.as_fcl import document
from genealogy.impact.foodchain.safe import safe_scores
from genealogy.impact.question import CauseQuery, ComparisonQuery
from genealogy.model.facts import NodeId
from genealogy.store import schema
from genealogy.trace.result import TraceQuery
from loaders.fcl.check import checked
from loaders.fcl.document import read_document
from loaders.run import load
from tests.conftest import connect
from tests.databases import Endpoint
from tests.loaders.fcl.a_chain import read, saved, whole


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("chain"), whole())


@pytest.fixture(scope="module")
def engine(shared_database: Endpoint, file: Path) -> Iterator[Lotgraph]:
    with connect(shared_database) as store:
        schema.ensure(store)
        engine = engine_on(store)
        assert load(file, engine.sink(), engine.book).clean
        yield engine


def test_a_file_comes_back_from_the_database_as_it_was(
    engine: Lotgraph, file: Path, tmp_path: Path
) -> None:
    told = read(file)
    stations = tuple(NodeId(f"party:fcl:{name}") for name in sorted(told.stations))
    answer = engine.trace(TraceQuery(stations, "forward"))
    written = saved(tmp_path, document(answer), "back.json")
    back = checked(read_document(written), "back.json")
    for mine, theirs in ((back.stations, told.stations),):
        assert {n: row.cells for n, row in mine.items()} == {n: r.cells for n, r in theirs.items()}
    assert {n: s.row.cells for n, s in back.deliveries.items()} == {
        n: s.row.cells for n, s in told.deliveries.items()
    }
    assert back.relations.keys() == told.relations.keys()
    assert safe_scores(back.network()) == safe_scores(told.network())


def test_loading_it_again_changes_nothing(engine: Lotgraph, file: Path) -> None:
    written = load(file, engine.sink(), engine.book).written
    assert written.unchanged > 0
    changed = written.nodes_new + written.flows_new + written.links_new
    assert changed + written.nodes_changed + written.flows_changed == 0


def test_names_and_lot_numbers_are_found(engine: Lotgraph) -> None:
    assert engine.resolve("fcl:S2") == "party:fcl:S2"
    assert {c.node.node_id for c in engine.find("Dairy Weiss")} == {"party:fcl:S2"}
    assert engine.resolve("C/7") == "lot:fcl%3AS2:fcl%3ACheese:C/7"


def test_cases_of_the_chain_are_compared_and_explained(engine: Lotgraph) -> None:
    case, shop = NodeId("party:fcl:S4"), NodeId("party:fcl:S3")
    common = engine.compare(ComparisonQuery((case, shop), "backward"))
    assert "lot:fcl%3AS1:fcl%3AMilk:M-1" in {hit.node_id for hit in common.hits}
    found = engine.common_causes(CauseQuery((case,), (NodeId("shipment:fcl:D2"),)))
    dairy = [c for c in found.candidates if c.ranked.subject.value == "party:fcl:S2"]
    assert {(c.ranked.subject.kind, c.ranked.goods) for c in dairy} == {
        ("supplier", ()),
        ("site", ()),
    }
    [supplier] = [c for c in dairy if c.ranked.subject.kind == "supplier"]
    assert supplier.evidence[0].path[-1][0] == "party:fcl:S2"
