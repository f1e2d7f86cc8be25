"""The bench measures what it says: same graph, same answers, on a plant of a few hundred nodes."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from neo4j import GraphDatabase
from neo4j.exceptions import Neo4jError

from genealogy.bootstrap import engine_on
from genealogy.model.facts import FlowFact
from genealogy.store.bolt import GraphStore
from genealogy.trace.result import Mode
from loaders.run import load
from tests.bench.__main__ import Times, measure
from tests.bench.bare_load import BareLoad, by_target
from tests.bench.bare_trace import Arrivals
from tests.bench.in_memory import answer, as_networkx
from tests.bench.loads import Kept, copy_of, store_on, write_bare
from tests.bench.outcome import LoadResult, Outcome, TraceResult, load_ratio, trace_ratio
from tests.bench.plant import HEADERS, Plant
from tests.bench.traces import Graph, Question, bare_trace, questions, usable, ways_to
from tests.databases import Endpoint, Server

TINY = Plant(scale=0.002)


@pytest.fixture(scope="module")
def graph() -> Graph[str]:
    return as_networkx(TINY.tables())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("plant")
    TINY.write(written)
    return written


# --- The plant ------------------------------------------------------------------------


def test_a_plant_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert list(TINY.tables()) == list(Plant(scale=0.002).tables())
    assert list(TINY.tables()) != list(Plant(scale=0.002, seed=1).tables())


def test_a_plant_grows_with_its_scale() -> None:
    small, large = (sum(1 for _ in Plant(scale).tables()) for scale in (0.01, 0.02))

    assert large / small == pytest.approx(2, rel=0.2)


def test_every_record_fills_the_columns_of_its_table() -> None:
    assert all(len(line) == len(HEADERS[table]) for table, line in TINY.tables())


def test_rework_makes_cycles() -> None:
    graph = as_networkx(Plant(scale=0.02).tables())

    assert any(len(component) > 1 for component in nx.strongly_connected_components(graph))


def test_the_tables_of_a_plant_load_without_rejects_and_state_its_flows(
    folder: Path, graph: Graph[str], store: GraphStore
) -> None:
    kept = Kept()

    loaded = load(folder, kept, engine_on(store).book)

    flows = [fact for batch in kept.batches for fact in batch if isinstance(fact, FlowFact)]
    told = {(f.source_id, f.target_id, f.occurred_at) for f in flows}
    assert loaded.rejects == 0
    assert told == set(graph.edges(data="at"))


# --- The yardsticks ---------------------------------------------------------------------


def test_an_answer_in_time_is_part_of_one_without(graph: Graph[str]) -> None:
    for seed in ("lot:PLANT:L0:0000000", "lot:PLANT:L0:0000001"):
        whenever, in_time = (answer(graph, seed, in_time=flag) for flag in (False, True))
        assert 1 < in_time[0] <= whenever[0]
        assert in_time[1] <= whenever[1]


def columns(*edges: tuple[str, str, int]) -> list[list[Any]]:
    """Source, target and time of edges, where the yardstick looks for them."""
    source, target, at = map(list, zip(*edges, strict=True))
    return [source, target, [""] * len(at), [""] * len(at), at]


def test_material_takes_no_edge_that_is_over_before_it_comes() -> None:
    arrivals = Arrivals({"a": 0})
    arrivals.learn(columns(("a", "b", 5), ("b", "c", 4), ("b", "d", 5)))

    assert sorted(arrivals.spread(["a"])) == ["d"]
    assert arrivals.taken() == ["b", "d"]


def test_an_earlier_arrival_opens_edges_that_were_passed_over() -> None:
    arrivals = Arrivals({"a": 0})
    arrivals.learn(columns(("a", "b", 9), ("b", "c", 5)))
    assert arrivals.spread(["a"]) == []

    arrivals.learn(columns(("a", "b", 3)))

    assert arrivals.spread(["a"]) == ["c"]


def test_edges_are_grouped_by_their_target() -> None:
    rows = [("a", "x", [1]), ("b", "y", [2]), ("c", "x", [3])]

    assert by_target(rows) == [["x", [["a", 1], ["c", 3]]], ["y", [["b", 2]]]]


def test_questions_are_of_each_mode_and_of_growing_size() -> None:
    plant = Plant(scale=0.02)
    asked = questions(plant, as_networkx(plant.tables()))

    assert {question.mode for question in asked} == set(Mode)
    for first, second in pairwise(asked):
        assert first.mode != second.mode or first.nodes <= second.nodes


# --- On the databases ---------------------------------------------------------------------


def test_all_ways_to_a_trace_give_the_same_answer(
    database: Endpoint, folder: Path, graph: Graph[str]
) -> None:
    seed = TINY.supplied_lot(0)
    auth = (database.user or "", database.password or "")

    with (
        store_on(database) as store,
        engine_on(store) as engine,
        GraphDatabase.driver(database.uri, auth=auth) as driver,
    ):
        load(folder, engine.sink(), engine.book)
        bare = bare_trace(driver, database, store)
        for mode in Mode:
            asked = Question(seed, mode, *answer(graph, seed, in_time=mode is Mode.EXACT))
            found = {name: way() for name, way in ways_to(asked, engine, bare, graph).items()}
            assert found == dict.fromkeys(found, (asked.nodes, asked.edges))


def test_the_bare_driver_writes_the_same_graph_as_the_product(server: Server, folder: Path) -> None:
    with server.empty_graph() as endpoint, store_on(endpoint) as store:
        engine = engine_on(store)
        load(folder, engine.sink(), engine.book)
        ours = copy_of(endpoint)

    auth = (endpoint.user or "", endpoint.password or "")
    with (
        server.empty_graph() as empty,
        store_on(empty) as store,
        GraphDatabase.driver(empty.uri, auth=auth) as driver,
    ):
        write_bare(BareLoad(driver, empty.database, store.engine.writers, 50), ours)
        theirs = copy_of(empty)

    assert theirs.content() == ours.content()
    assert ours.node_count > 300


def test_the_whole_bench_runs_on_a_tiny_plant(
    arcadedb_server: Server, graph: Graph[str], tmp_path: Path
) -> None:
    TINY.write(tmp_path / "whole")
    TINY.write(tmp_path / "part")
    outcome = Outcome({"databases": {}})

    measure(outcome, arcadedb_server, TINY, graph, tmp_path, Times(1, 1))
    outcome.save(tmp_path / "out" / "bench.json")

    saved = json.loads((tmp_path / "out" / "bench.json").read_text("utf-8"))
    assert [r["way"] for r in saved["loads"] if r["ratio"]] == [
        "stream of facts",
        "tables, end to end",
    ]
    assert {r["mode"] for r in saved["traces"] if r["way"] == "trace" and r["ratio"]} == set(Mode)


# --- What is told -------------------------------------------------------------------------


def loaded(way: str, seconds: float) -> LoadResult:
    return LoadResult("neo4j", way, 100, 300, 200, [seconds / 2] * 3, [seconds / 2] * 3)


def traced(way: str, seconds: float, mode: str = "exact") -> TraceResult:
    return TraceResult("neo4j", mode, way, 600, 1_300, [seconds] * 5)


def test_a_load_is_held_against_the_fastest_bare_one() -> None:
    loads = [loaded("bare driver, 5", 4.0), loaded("bare driver, 10", 2.0), loaded("stream", 2.5)]

    assert load_ratio(loads[2], loads) == pytest.approx(0.8)
    assert load_ratio(loads[0], loads) is None


def test_a_trace_is_held_against_the_fastest_bare_one_of_the_same_question() -> None:
    traces = [
        traced("trace", 0.26),
        traced("bare driver, by level", 0.3),
        traced("bare driver, one query", 0.2),
        traced("bare driver, one query", 0.1, mode="conservative"),
        traced("networkx", 0.01),
        traced("trace with nodes told", 0.6),
        traced("bare driver with nodes, one query", 0.4),
    ]

    assert trace_ratio(traces[0], traces) == pytest.approx(1.3)
    assert trace_ratio(traces[4], traces) is None
    assert trace_ratio(traces[5], traces) == pytest.approx(1.5)
    assert trace_ratio(traces[6], traces) is None


def test_a_way_that_a_database_refuses_is_left_out_with_the_reason() -> None:
    asked, refusals = Question("a", Mode.EXACT, 3, 2), dict[str, str]()

    def refused() -> tuple[int, int]:
        raise Neo4jError("Query heap budget exceeded")

    ways = usable(asked, {"trace": lambda: (3, 2), "bare": refused}, refusals)

    assert list(ways) == ["trace"]
    assert list(refusals) == ["exact, 3 nodes, bare"]


def test_a_wrong_answer_is_never_measured() -> None:
    with pytest.raises(AssertionError, match="trace: not the same answer"):
        usable(Question("a", Mode.EXACT, 3, 2), {"trace": lambda: (3, 1)}, {})


def test_the_table_has_a_line_for_each_result_and_says_what_was_left_out() -> None:
    outcome = Outcome(
        {}, [loaded("bare driver", 2.0)], [traced("trace", 0.26)], {"neo4j": "is not there"}
    )

    text = "\n".join(outcome.lines())

    assert "bare driver" in text
    assert "260.0" in text
    assert "Left out: neo4j: is not there" in text
