"""The layered graph and all that walks it give the answers of networkx; goals are judged aright."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from tests.bench import over_http, snapshots
from tests.bench.__main__ import Asked, yardstick_on
from tests.bench.bare_walk import BareWalk
from tests.bench.causes import Cases, narrow, wide
from tests.bench.figures import Figure, Goal, content, figure_rows, goal_rows, verdicts
from tests.bench.goals import ARRIVALS, BUILD, CAUSES, EVENT, GOALS, HTTP, OPEN
from tests.bench.in_memory_peers import libraries
from tests.bench.layered import lot_id, mirrored, mix, numbered, snapshot_of, within
from tests.bench.snapshots import measure_on
from tests.bench.sql_peers import SQL_PEERS
from tests.bench.stopwatch import Turn, Yardstick, repeated
from tests.bench.walks import Question, ours, questions, same_arrivals
from tests.databases import Server, Skipped

TINY = mix(0.003)
SEEDS = (0, 3, 5, 40, 200)


@pytest.fixture(scope="module")
def bare() -> BareWalk:
    return BareWalk.over(TINY)


@pytest.fixture(scope="module")
def graph() -> nx.MultiDiGraph[int]:
    found: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    found.add_nodes_from(range(TINY.lots))
    columns = (c.tolist() for c in (TINY.source, TINY.target, TINY.at))
    found.add_edges_from((a, b, {"at": at}) for a, b, at in zip(*columns, strict=True))
    return found


def question(bare: BareWalk, seed: int) -> Question:
    return Question(seed, bare.in_time(seed), bare.whenever(seed))


# --- The graph --------------------------------------------------------------------------


def test_a_graph_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    again, other = mix(0.003), mix(0.003, seed=1)

    assert np.array_equal(again.source, TINY.source)
    assert not np.array_equal(other.source, TINY.source)


def test_a_graph_grows_with_its_scale() -> None:
    large = mix(0.03)

    assert large.lots == pytest.approx(30_000, rel=0.01)
    assert large.edges == pytest.approx(120_000, rel=0.02)


def test_numbers_rise_in_the_direction_of_the_material_also_in_the_mirror() -> None:
    for some in (TINY, mirrored(TINY)):
        assert (some.source < some.target).all()
        assert some.target.max() < some.lots


def test_ids_are_in_the_order_of_numbers() -> None:
    texts = numbered("lot:S:P:", 1_001)

    assert [texts[0], texts[1_000]] == [lot_id(0), lot_id(1_000)]
    assert len(texts) == 1_001


def test_an_answer_stays_the_same_within_a_larger_graph(bare: BareWalk) -> None:
    larger, own = within(TINY, mix(0.006, seed=2))
    walk = BareWalk.over(larger)

    for seed in SEEDS:
        found = np.sort(walk.in_time(int(own[seed])).lots)
        assert np.array_equal(found, np.sort(own[bare.in_time(seed).lots]))


# --- The yardsticks -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_the_compiled_walks_reach_what_networkx_does(
    bare: BareWalk, graph: nx.MultiDiGraph[int], seed: int
) -> None:
    whenever = bare.whenever(seed)
    reached = nx.descendants(graph, seed) | {seed}

    assert set(whenever.lots.tolist()) == reached
    assert len(whenever.at) == len(graph.out_edges(reached))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_compiled_walk_in_time_finds_the_earliest_arrivals(bare: BareWalk, seed: int) -> None:
    edges = sorted(zip(TINY.at.tolist(), TINY.source.tolist(), TINY.target.tolist(), strict=True))
    # In order of time; a round more for those that are at the same moment.
    since = {seed: -1}
    for _ in range(3):
        for at, source, target in edges:
            if source in since and at >= since[source]:
                since[target] = min(at, since.get(target, at))
    found = bare.in_time(seed)

    assert dict(zip(found.lots[1:].tolist(), found.since[1:].tolist(), strict=True)) == {
        lot: at for lot, at in since.items() if lot != seed
    }
    assert len(found.at) == sum(at >= since.get(a, at + 1) for at, a, _ in edges)


def test_a_second_walk_finds_what_the_first_one_did(bare: BareWalk) -> None:
    first, second = bare.in_time(0), bare.in_time(0)

    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_times_matter(bare: BareWalk) -> None:
    assert any(len(bare.in_time(s).lots) < len(bare.whenever(s).lots) for s in range(20))


@pytest.mark.parametrize("pick", [narrow, wide])
def test_the_bare_kernel_counts_the_cases_that_a_lot_is_upstream_of(pick: type[Cases]) -> None:
    asked: Cases = pick(TINY)
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    edges = zip(asked.graph.source.tolist(), asked.graph.target.tolist(), strict=True)
    graph.add_edges_from(edges)
    counts: dict[int, int] = {}
    for case in set(asked.lots.tolist()):
        for lot in nx.ancestors(graph, case) | {case}:
            counts[lot] = counts.get(lot, 0) + 1

    found = asked.kernel.counts(np.unique(asked.lots))
    assert dict(zip(*(c.tolist() for c in found), strict=True)) == counts


def test_wide_cases_touch_most_of_the_graph_and_narrow_ones_little() -> None:
    larger = mix(0.1)

    assert len(wide(larger).upstream) > 0.6 * larger.lots
    assert len(narrow(larger).upstream) < 0.1 * larger.lots


# --- What is held against them ------------------------------------------------------------


def test_the_snapshot_gives_the_answers_of_the_bare_walk(bare: BareWalk) -> None:
    held = snapshot_of(TINY)

    for seed in SEEDS:
        assert len(ours(held, question(bare, seed))) == 3


def test_libraries_reach_the_same_lots_and_edges(bare: BareWalk) -> None:
    for library in libraries(TINY, {}):
        for seed in SEEDS:
            whenever = bare.whenever(seed)
            assert len(library.lots(seed)) == len(whenever.lots), library.name
            assert library.edges is None or library.edges(seed) == len(whenever.at), library.name


@pytest.mark.parametrize("name", SQL_PEERS)
def test_databases_of_tables_find_the_same_arrivals(
    name: str, bare: BareWalk, tmp_path: Path
) -> None:
    try:
        with SQL_PEERS[name](TINY, tmp_path) as peer:
            for seed in SEEDS:
                assert same_arrivals(peer.arrivals(seed), bare.in_time(seed))
    except Skipped as why:
        pytest.skip(f"{name} {why}")


def test_a_library_that_is_not_there_is_left_out_with_the_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "igraph", None)
    skipped: dict[str, str] = {}

    assert "igraph" not in {library.name for library in libraries(mix(0.001), skipped)}
    assert "is not installed" in skipped["igraph"]


def test_everything_is_measured_on_a_database(
    arcadedb_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, names in ((snapshots, ("ROUNDS", "EVENTS")), (over_http, ("ROUNDS",))):
        for name in names:
            monkeypatch.setattr(module, name, 1)
    monkeypatch.setattr(over_http, "WARM_SECONDS", 0)
    smallest = mix(0.0005)
    walk = BareWalk.over(smallest)
    yardstick = yardstick_on(walk, questions(walk, smallest.lots)[-1])

    found = list(measure_on(arcadedb_server, smallest, tmp_path, yardstick, {}, lambda _: None))

    assert {BUILD, OPEN, EVENT, CAUSES, ARRIVALS, HTTP} == {figure.topic for figure in found}


# --- What is told -------------------------------------------------------------------------


def figure(way: str, value: float, *, size: int = 0, busy: float = 1.0) -> Figure:
    return Figure("trace", "600 lots", way, [value, value, 9 * value], size=size, busy=busy)


def test_a_way_is_held_against_the_best_of_its_peers_in_the_same_case() -> None:
    goal = Goal("trace", "ours", 20, ("SQLite", "DuckDB"), faster=True)
    found = [figure("ours", 2), figure("SQLite 3", 60), figure("DuckDB 2", 50)]
    elsewhere = Figure("trace", "10 lots", "DuckDB 2", [1.0])

    [verdict] = verdicts([*found, elsewhere], [goal])

    assert (verdict.reached, verdict.met) == (25, True)
    assert verdict.peer is found[2]


def test_a_goal_without_peers_is_a_limit() -> None:
    [verdict] = verdicts([figure("ours", 31)], [Goal("trace", "ours", 30)])

    assert not verdict.met


def test_a_goal_for_large_answers_leaves_small_ones_alone() -> None:
    goal = Goal("trace", "ours", 2, ("bare",), least=100)
    small = [figure("ours", 9, size=5), figure("bare", 1, size=5)]

    assert list(verdicts(small, [goal])) == []


def test_a_missing_peer_leaves_the_goal_out() -> None:
    assert list(verdicts([figure("ours", 9)], [Goal("trace", "ours", 2, ("bare",))])) == []


def test_rows_tell_when_the_machine_was_busy_and_what_was_missed() -> None:
    found = [figure("ours", 3, busy=2.5), figure("bare", 1)]
    [first, second] = figure_rows(found)

    assert first[-1] == "busy 2.5 x"
    assert second[-1] == ""
    assert next(goal_rows(found, [Goal("trace", "ours", 2, ("bare",))]))[-1] == "MISSED"
    assert content(found, GOALS)["goals"] == []


def test_goals_are_also_told_by_the_time_for_which_a_processor_worked() -> None:
    waited, quick = Turn(9.0, 0.003), Turn(0.002, 0.001)
    found = [
        Figure.timed("trace", "600 lots", way, [turn], 1.0).inside([turn])
        for way, turn in (("ours", waited), ("bare", quick))
    ]

    [verdict] = verdicts(found, [Goal("trace", "ours", 2, ("bare",))])

    assert verdict.by_work == pytest.approx(3)
    assert verdict.reached == pytest.approx(4_500)


def test_a_slow_way_has_fewer_turns_but_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bench.stopwatch.PATIENCE", 0)
    turns = {"quick": 0}

    def way() -> None:
        turns["quick"] += 1

    found = repeated({"quick": way}, 7)

    assert len(found["quick"]) == 3
    assert turns["quick"] > 3


def test_a_yardstick_says_how_many_times_as_long_it_takes() -> None:
    yardstick = Yardstick(lambda: None, [1e-12])

    assert yardstick.read() > 1


def test_what_is_measured_is_told_by_the_environment() -> None:
    given = {"LOTGRAPH_BENCH_SCALE": "0.5", "LOTGRAPH_BENCH_PARTS": "walks,graphs", "OTHER": "1"}

    assert Asked.of(given) == Asked(scale=0.5, parts=("walks", "graphs"))
    assert Asked.of({}) == Asked()
    with pytest.raises(SystemExit, match="no such part"):
        Asked.of({"LOTGRAPH_BENCH_PARTS": "all"})
