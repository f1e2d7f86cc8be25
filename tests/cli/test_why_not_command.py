"""``lotgraph why-not``."""

from __future__ import annotations

import csv
import io
import json

from cli.exits import Exit
from genealogy.bootstrap import Lotgraph
from tests.cli.command import Command
from tests.small_company import (
    ASSEMBLY,
    GOODS,
    RAW,
    RENJI,
    TUBING,
    TWIN,
    WATERMARK,
    Company,
    engine,
)
from tests.unit.trace.test_not_there import COLD, FACTS


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter="\t"))


def test_each_obstacle_is_a_row_with_a_sentence(lotgraph: Command) -> None:
    ended = lotgraph(
        "why-not", RENJI, "--from", RAW, "--stop", GOODS, "--as-of", "2026-03-01T06:30Z"
    )
    assert ended.code == Exit.OK
    found = rows(ended.out)
    assert [(r["obstacle"], r["node"]) for r in found] == [("stop", GOODS), ("as_of", "")]
    assert "ask as of 2026-03-01T09:00:00Z or later" in found[1]["explanation"]


def test_sentences_follow_the_language_and_records_do_not(lotgraph: Command) -> None:
    asked = ("why-not", RENJI, "--from", RAW, "--direction", "forward", "--max-depth", "3")
    assert "上限为 3 步" in lotgraph("--lang", "zh", *asked).out
    told = json.loads(lotgraph("--lang", "zh", *asked, "--json").out)
    assert told == json.loads(lotgraph(*asked, "--json").out)
    assert [(o["kind"], o["steps"]) for o in told["obstacles"]] == [("max_depth", 6)]
    assert [step["node"] for step in told["steps"]][-1] == RENJI
    assert told["watermark"] == WATERMARK


def test_a_missing_link_lists_where_the_records_end_on_both_sides(lotgraph: Command) -> None:
    ended = lotgraph("why-not", RENJI, "--from", TWIN, "--direction", "forward")
    assert "Nothing recorded leads from" in ended.err
    found = rows(ended.out)
    assert (found[0]["side"], found[0]["node"]) == ("from the seed", TWIN)
    assert "from the node" in {r["side"] for r in found}


def test_a_node_that_is_reached_is_told_so(lotgraph: Command) -> None:
    ended = lotgraph("why-not", ASSEMBLY, "--from", TUBING)
    assert (ended.code, rows(ended.out)) == (Exit.OK, [])
    assert "is reached" in ended.err


def test_an_unknown_node_is_an_error(lotgraph: Command) -> None:
    assert lotgraph("why-not", "NOPE-1", "--from", RAW).code == Exit.NOT_FOUND


def stored(*_: object) -> Lotgraph:
    """A company whose cold store failed."""
    return engine(Company(FACTS))


def test_a_store_that_failed_is_asked_about_by_its_event_or_by_its_times(
    lotgraph: Command,
) -> None:
    [by_event] = rows(lotgraph("why-not", "lot:early", "--from", "quality:Q", opener=stored).out)
    assert (by_event["obstacle"], by_event["node"]) == ("left_before", "lot:early")
    assert "by 2026-01-04T00:00:00Z, before the window" in by_event["explanation"]
    times = ("--since", "2026-01-05T00:00Z", "--until", "2026-01-06T00:00Z")
    by_times = lotgraph("why-not", "lot:early", "--from", COLD, *times, opener=stored)
    assert rows(by_times.out) == [by_event]


def test_what_never_was_in_a_store_is_told_so_in_both_languages(lotgraph: Command) -> None:
    asked = ("why-not", "shipment:1", "--from", "quality:Q")
    assert "was ever at place:cold" in lotgraph(*asked, opener=stored).out
    assert "没有记录" in lotgraph("--lang", "zh", *asked, opener=stored).out


def test_times_of_a_seed_that_has_none_are_a_usage_error(lotgraph: Command) -> None:
    ended = lotgraph("why-not", RENJI, "--from", RAW, "--since", "2026-01-05T00:00Z")
    assert (ended.code, "[wrong_window]" in ended.err) == (Exit.USAGE, True)
