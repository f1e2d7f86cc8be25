"""``lotgraph why-not``."""

from __future__ import annotations

import csv
import io
import json

from cli.exits import Exit
from tests.cli.command import Command
from tests.small_company import ASSEMBLY, GOODS, RAW, RENJI, TUBING, TWIN


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
