"""Whatever a trace is asked on the command line, why and why-not can be asked in the same words."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
import typer

from cli.app import app
from cli.exits import Exit
from genealogy.bootstrap import Lotgraph
from genealogy.model.facts import Fact, LinkFact, NodeFact, NodeId
from genealogy.model.names import Flow, Label, Link
from tests.amounts import moved
from tests.cli.command import Command
from tests.genealogies import DAY_ZERO, SOURCE, cleaned, flow, genealogy
from tests.small_company import Company, engine
from tests.unit.trace.test_not_there import COLD, FACTS

LINE = "place:line"
RAW, THIN = "lot:S:RM:1", "lot:M:RM:thin"
#: Options of a trace that are about the form of its answer.
OF_FORM = {
    *("--format", "-f", "--nl", "--csv", "--table", "-t", "--output", "-o"),
    *("--limit", "--fields", "--allow-partial", "--help", "-h"),
}
TIMES = ("--since", "2026-01-05T00:00Z", "--until", "2026-01-06T00:00Z")


def facts() -> list[Fact]:
    """A store that failed, a tank that was cleaned, runs on a line, and much of what is not it."""
    drawn = genealogy(
        [
            flow(Flow.CONSUMED_BY, "lot:A", "batch:run", 1),
            flow(Flow.PRODUCED, "batch:run", "lot:B", 2),
            moved(Flow.CONSUMED_BY, RAW, "batch:mix", 1, 1),
            moved(Flow.CONSUMED_BY, "lot:S:RM:2", "batch:mix", 999, 1),
            moved(Flow.PRODUCED, "batch:mix", THIN, 1000, 2),
            flow(Flow.PRODUCED, "batch:next", "lot:N", 4),
            flow(Flow.LOADED_INTO, "lot:B", "place:tank", 3),
            flow(Flow.DRAWN_FROM, "place:tank", "lot:drawn", 4),
            flow(Flow.DRAWN_FROM, "place:tank", "lot:later", 6),
            flow(Flow.SUPPLIED, "party:S", "lot:A", 0),
        ],
        more=["product:P", LINE],
        properties={
            "batch:run": {"started_at": day_(1), "ended_at": day_(2)},
            "batch:next": {"started_at": day_(3), "ended_at": day_(4)},
            LINE: {"place_type": "line"},
        },
    )
    made_on = [
        LinkFact(Link.MADE_ON, NodeId(b), Label.BATCH, NodeId(LINE), Label.PLACE, SOURCE, "line")
        for b in ("batch:run", "batch:next")
    ]
    product = (NodeId("product:P"), Label.PRODUCT, SOURCE)
    named = LinkFact(Link.OF_PRODUCT, NodeId("lot:A"), Label.LOT, *product)
    found = {f.node_id: f for f in FACTS if isinstance(f, NodeFact)}
    rest = [f for f in FACTS if not isinstance(f, NodeFact)]
    nodes = {n.node_id: n for n in cleaned(drawn, "place:tank", 5).nodes}
    links = cleaned(drawn, "place:tank", 5).links
    return [*(found | nodes).values(), *rest, *drawn.flows, *links, *made_on, named]


def day_(number: int) -> datetime:
    return DAY_ZERO + timedelta(days=number)


def company(*_: object) -> Lotgraph:
    return engine(Company(facts()))


QUESTIONS: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
    ("forward", ("lot:A",), ()),
    ("backward", ("lot:drawn",), ()),
    ("both", ("batch:run", "lot:early"), ()),
    ("forward", ("lot:A",), ("--carry-over", "line=72h")),
    ("forward", ("lot:A",), ("--carry-over", "72h", "--stop", "batch:next", "--mode", "exact")),
    ("forward", ("lot:A",), ("--clock-tolerance", "tests=2d")),
    ("forward", ("lot:A",), ("--max-depth", "2", "--mode", "conservative")),
    ("forward", ("lot:A",), ("--as-of", "2026-01-03T12:00Z", "--known-at", "2026-02-01T00:00Z")),
    ("forward", (RAW,), ("--dilution", "1%")),
    ("forward", ("lot:A",), ("--quantities",)),
    ("forward", (), ("--place", COLD, *TIMES)),
    ("forward", ("lot:A",), ("--place", COLD, *TIMES, "--stop", "lot:there")),
    ("both", (), ("--equipment", LINE, "--since", "2026-01-03T12:00Z")),
    ("forward", (), ("--supplier", "party:S", "--until", "2026-01-03T00:00Z")),
    ("forward", (), ("--product", "product:P", "--revision", "R1", "--carry-over", "72h")),
    ("forward", (), ("--event", "quality:Q")),
    ("backward", ("lot:N",), ("--event", "quality:Q", "--carry-over", "*=72h")),
]


def options(*path: str) -> set[str]:
    found: Any = typer.main.get_command(app)
    for name in path:
        found = found.commands[name]
    return {name for p in found.params for name in p.opts if name.startswith("-")}


@pytest.mark.parametrize("name", ["why", "why-not"])
def test_every_term_of_a_trace_is_an_option(name: str) -> None:
    # What --from and --to are there, --since and --until are in both.
    assert options("trace", "forward") - OF_FORM - {"--to"} <= options(name)


@pytest.mark.parametrize(("way", "seeds", "terms"), QUESTIONS)
def test_every_node_of_a_trace_is_explained_and_only_those(
    lotgraph: Command, way: str, seeds: tuple[str, ...], terms: tuple[str, ...]
) -> None:
    told = lotgraph("trace", way, *seeds, *terms, "--json", "--allow-partial", opener=company)
    assert told.code == Exit.OK, told.err
    document = json.loads(told.out)
    reached = {node["id"] for node in document["nodes"]}
    edges = {edge["id"] for edge in document["edges"]}
    starts = {n["id"] for n in document["nodes"] if n["direction"] == "seed"}
    asked = (*(word for seed in seeds for word in ("--from", seed)), "--direction", way, *terms)
    for node in sorted(f.node_id for f in facts() if isinstance(f, NodeFact)):
        if node.partition(":")[0] in ("quality", "product"):
            continue
        why = lotgraph("why", node, *asked, "--json", opener=company)
        why_not = lotgraph("why-not", node, *asked, "--json", opener=company)
        assert why_not.code == Exit.OK, why_not.err
        assert json.loads(why_not.out)["reached"] == (node in reached), node
        assert why.code == (Exit.OK if node in reached else Exit.NOT_FOUND), (node, why.err)
        if node in reached:
            steps = json.loads(why.out)["steps"]
            assert steps[0]["node"] in starts
            assert steps[-1]["node"] == node
            assert {step["edge"]["id"] for step in steps[1:]} <= edges


def test_several_seeds_are_read_from_standard_input(
    lotgraph: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("lot:A\nlot:never\n"))
    ended = lotgraph("why", "shipment:1", "--from", "-", opener=company)
    assert [row["node"] for row in rows(ended.out)] == ["lot:never", "shipment:1"]


def test_of_several_seeds_a_missing_link_tells_how_many(lotgraph: Command) -> None:
    asked = ("why-not", "shipment:1", "--from", "lot:A", "--from", "lot:early")
    ended = lotgraph(*asked, "--direction", "forward", opener=company)
    assert "Nothing recorded leads from the 2 seeds to shipment:1" in ended.err
    assert (
        "2 个起点" in lotgraph("--lang", "zh", *asked, "--direction", "forward", opener=company).err
    )


def test_what_is_too_thin_is_told_in_both_languages(
    lotgraph: Command,
) -> None:
    asked = ("why-not", THIN, "--from", RAW, "--dilution", "1%")
    [row] = rows(lotgraph(*asked, opener=company).out)
    assert (row["obstacle"], row["explanation"]) == (
        "dilution",
        f"Less than 0.01 of {THIN} can be seed material (--dilution).",
    )
    assert "低于 0.01" in lotgraph("--lang", "zh", *asked, opener=company).out


def test_times_without_anything_that_has_them_are_a_usage_error(lotgraph: Command) -> None:
    ended = lotgraph("why", "lot:B", "--event", "quality:Q", *TIMES, opener=company)
    assert (ended.code, "need --place" in ended.err) == (Exit.USAGE, True)
    ended = lotgraph("why", "lot:B", opener=company)
    assert (ended.code, "no identifier" in ended.err) == (Exit.USAGE, True)


@pytest.mark.parametrize("name", ["why", "why-not"])
def test_a_misspelt_class_or_system_is_told_there_too(lotgraph: Command, name: str) -> None:
    terms = ("--carry-over", "lnie=72h", "--carry-over", "line=72h", "--clock-tolerance", "MSE=5m")
    told = lotgraph(name, "lot:N", "--from", "lot:A", *terms, opener=company).err
    assert '"lnie"' in told
    assert '"line"' not in told
    assert "recorded by MSE" in told


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))
