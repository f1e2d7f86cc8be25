"""How commands end: exit codes, interruptions, languages, and never a traceback."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli import main
from cli.exits import ERROR_EXITS, Exit, exit_of
from cli.main import common_first
from cli.tables import inert, print_table
from cli.words import counted
from genealogy import errors
from genealogy.exports.candidates import MOST_LISTED
from genealogy.exports.picture.palette import cells
from genealogy.messages import catalogue
from tests.api.clients import nameless
from tests.cli.command import PROGRAM, REPOSITORY, Command, process
from tests.small_company import GOODS, SUPPLIER, engine

ENDINGS: list[tuple[errors.LotgraphError, Exit]] = [
    (errors.NotFound(kind="lot", text="x", near=""), Exit.NOT_FOUND),
    (errors.Ambiguous(text="x", count=2), Exit.AMBIGUOUS),
    (errors.InvalidQuery(reason="x"), Exit.USAGE),
    (errors.InvalidIdentifier(text="x", reason="y"), Exit.USAGE),
    (errors.StoreConflict(query="q"), Exit.CONFLICT),
    (errors.DataFolderLocked(folder="f", pid=1), Exit.CONFLICT),
    (errors.LoadAborted(count=3), Exit.DATA_QUALITY),
    (errors.StoreUnavailable(uri="neo4j://db", reason="refused"), Exit.UNREACHABLE),
    (errors.StoreTimeout(seconds=9, query="q"), Exit.UNREACHABLE),
    (errors.StoreRejected(query="q", reason="r"), Exit.FAILURE),
    (errors.StoreFull(folder="/data"), Exit.FAILURE),
    (errors.UnreadableFile(file="f", reason="r"), Exit.FAILURE),
]


def failing(error: BaseException) -> Any:
    def open_engine() -> Any:
        raise error

    return open_engine


@pytest.mark.parametrize(("error", "code"), ENDINGS, ids=lambda v: getattr(v, "error_code", None))
def test_an_error_ends_with_its_code_and_its_words(
    lotgraph: Command, error: errors.LotgraphError, code: Exit
) -> None:
    ended = lotgraph("show", "x", opener=failing(error))
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith(f"error: {error.message()}")
    assert f"[{error.error_code}]" in ended.err
    assert "Traceback" not in ended.err


def test_no_rule_of_the_table_hides_a_later_one() -> None:
    kinds = [kind for kind, _ in ERROR_EXITS]
    assert all(exit_of(error) == code for error, code in ENDINGS)
    for i, kind in enumerate(kinds):
        assert not any(issubclass(kind, earlier) for earlier in kinds[:i])


def test_an_ambiguous_name_lists_what_it_may_mean(lotgraph: Command) -> None:
    ended = lotgraph("trace", "forward", "24A0871")
    assert ended.code == Exit.AMBIGUOUS
    assert "lot:SUP-090:RM-900:24A0871" in ended.err


def test_an_ambiguous_list_shows_the_name_of_the_product(lotgraph: Command) -> None:
    ended = lotgraph("show", "N1", opener=lambda: engine(nameless()))
    assert (ended.code, ended.err.count("Bare resin")) == (Exit.AMBIGUOUS, 2)


def test_an_ambiguous_list_says_how_many_it_leaves_out(lotgraph: Command) -> None:
    company = nameless(*(f"S{i}" for i in range(MOST_LISTED + 3)))
    ended = lotgraph("trace", "forward", "N1", opener=lambda: engine(company))
    assert f'"N1" names {MOST_LISTED + 3} things' in ended.err
    assert ended.err.count("Bare resin") == MOST_LISTED
    assert "… and 3 more" in ended.err


def test_an_unknown_name_offers_near_ones(lotgraph: Command) -> None:
    ended = lotgraph("trace", "forward", "FG1184")
    assert ended.code == Exit.NOT_FOUND
    assert f"Did you mean {GOODS}" in ended.err


def test_near_ones_are_listed_with_what_tells_them_apart(lotgraph: Command) -> None:
    company = nameless("S1", code="N1234")
    ended = lotgraph("trace", "forward", "N1243", opener=lambda: engine(company))
    assert ended.code == Exit.NOT_FOUND
    table = [line.split("\t") for line in ended.err.splitlines() if "\t" in line]
    assert table[0] == ["id", "kind", "code", "name", "reading"]
    assert {tuple(row[1:4]) for row in table[1:]} == {("Lot", "N1234", "Bare resin")}
    assert ended.err.count("(Bare resin)") == len(table) - 1


def test_a_wrong_option_is_a_usage_error(lotgraph: Command) -> None:
    assert lotgraph("trace", "forward", GOODS, "--no-such-option").code == Exit.USAGE
    assert lotgraph("no-such-command").code == Exit.USAGE
    assert lotgraph("trace", "forward").code == Exit.USAGE


def test_a_defect_is_told_in_one_line(lotgraph: Command) -> None:
    ended = lotgraph("show", "x", opener=failing(RuntimeError("broken\x1b[2J")))
    assert ended.code == Exit.FAILURE
    assert "RuntimeError: broken␛[2J" in ended.err
    assert "Traceback" not in ended.err


def test_a_defect_can_be_looked_into(lotgraph: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTGRAPH_DEBUG", "1")
    assert "Traceback" in lotgraph("show", "x", opener=failing(RuntimeError("broken"))).err


def test_ctrl_c_ends_with_130_and_leaves_no_file(lotgraph: Command, tmp_path: Path) -> None:
    target = tmp_path / "t.json"
    ended = lotgraph(
        "trace", "forward", GOODS, "-o", str(target), opener=failing(KeyboardInterrupt())
    )
    assert ended.code == Exit.INTERRUPTED
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_writing_leaves_the_old_file(
    lotgraph: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "t.json"
    target.write_text("old")

    def interrupt(*_: object) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("genealogy.exports.as_json.edge_records", interrupt)
    assert lotgraph("trace", "backward", GOODS, "-o", str(target)).code == Exit.INTERRUPTED
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


def test_the_codes_that_need_no_import_are_those_of_the_table() -> None:
    assert (main.FAILURE, main.INTERRUPTED) == (Exit.FAILURE, Exit.INTERRUPTED)


def test_a_signal_ends_a_waiting_process_with_130() -> None:
    with process("trace", "forward", "-") as waiting:
        assert waiting.stderr is not None
        assert waiting.stderr.readline() == "ready\n"
        time.sleep(0.5)
        waiting.send_signal(signal.SIGINT)
        _, said = waiting.communicate(timeout=30)
    assert (waiting.returncode, said) == (Exit.INTERRUPTED, "interrupted\n")


@pytest.mark.parametrize("form", ["table", "json", "svg"])
def test_a_full_device_is_told_and_is_no_defect(form: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "trace", "backward", GOODS, "-f", form],
            cwd=REPOSITORY,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, "LOTGRAPH_LANG": "en"},
        )
    assert done.returncode == Exit.FAILURE
    assert "error: Standard output cannot be written: No space left on device." in done.stderr
    assert "[unwritable_output]" in done.stderr
    assert "report it" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_help_on_a_full_device_is_told_too() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "--version"],
            cwd=REPOSITORY,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, "[unwritable_output]" in done.stderr) == (Exit.FAILURE, True)


def test_an_interruption_says_so_in_one_line(lotgraph: Command) -> None:
    ended = lotgraph("show", "x", opener=failing(KeyboardInterrupt()))
    assert (ended.code, ended.err.strip()) == (Exit.INTERRUPTED, "interrupted")


@pytest.mark.parametrize("count", [0, 1, 2, 1234])
def test_nouns_follow_their_count(count: int) -> None:
    assert counted("gaps", count) == f"{count:,} gap{'' if count == 1 else 's'} in the data"


def test_every_counted_noun_has_its_singular() -> None:
    nouns = {key.removesuffix("_one") for key in catalogue() if key.startswith("count.")}
    assert all(f"{noun}_one" in catalogue() and noun in catalogue() for noun in nouns)


def test_a_reader_that_goes_away_causes_no_noise() -> None:
    with process("trace", "forward", SUPPLIER, "-q") as writing:
        assert writing.stdout is not None
        writing.stdout.close()
        assert writing.stderr is not None
        said = writing.stderr.read()
    assert said == "ready\n"
    assert writing.returncode == Exit.FAILURE


# --- Languages -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "ordered"),
    [
        (["find", "x", "--lang", "zh"], ["--lang", "zh", "find", "x"]),
        (["find", "--lang=zh", "x"], ["--lang=zh", "find", "x"]),
        (["find", "--", "--lang", "zh"], ["find", "--", "--lang", "zh"]),
        (["find", "x", "--lang"], ["--lang", "find", "x"]),
        (["find", "x", "-q", "y"], ["-q", "find", "x", "y"]),
        (["find", "x"], ["find", "x"]),
    ],
)
def test_common_options_may_stand_anywhere(given: list[str], ordered: list[str]) -> None:
    assert common_first(given) == ordered


def test_errors_and_warnings_speak_chinese(lotgraph: Command) -> None:
    assert "错误：" in lotgraph("show", "nothing-like-it", "--lang", "zh").err
    assert "结果不完整" in lotgraph("trace", "forward", SUPPLIER, "--lang", "zh").err


def test_data_do_not_change_with_the_language(lotgraph: Command) -> None:
    asked = ("trace", "forward", SUPPLIER)
    assert lotgraph(*asked).out == lotgraph(*asked, "--lang", "zh").out


def test_help_speaks_chinese() -> None:
    with process("--lang", "zh", "trace", "forward", "--help") as helping:
        said, _ = helping.communicate(timeout=60)
    assert "截至该时刻已发生的" in said


def test_an_unknown_language_is_a_usage_error(lotgraph: Command) -> None:
    assert lotgraph("find", "x", "--lang", "fr").code == Exit.USAGE


def test_every_text_of_the_command_line_is_in_both_languages() -> None:
    for key, words in catalogue().items():
        assert words.keys() == {"en", "zh"}, key
        assert all(words.values()), key


# --- Terminals -------------------------------------------------------------------------------


def test_text_cannot_steer_the_terminal() -> None:
    assert inert("a\x1b[31m\r\nb\u202ec\x9b") == "a␛[31m b\ufffdc\ufffd"


def test_columns_align_by_cells_not_characters() -> None:
    out = io.StringIO()
    print_table(("name", "id"), [("华山医院", "x"), ("Renji [b]", "x")], table=True, out=out)
    lines = out.getvalue().splitlines()[1:]
    assert len({cells(line.partition("x")[0]) for line in lines}) == 1
    assert "Renji [b]" in lines[1]


def test_a_terminal_gets_an_aligned_table_and_the_counts() -> None:
    shown = on_a_terminal("trace", "backward", GOODS)
    assert "LEVEL" in shown
    assert "7 nodes, 7 movements" in shown


def test_a_load_on_a_terminal_shows_its_counts(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_text("product_id,name,base_uom\nP1,管,MTR\n")
    shown = on_a_terminal("load", str(tmp_path / "products.csv"))
    assert "ACCEPTED" in shown
    assert "Traceback" not in shown


def test_no_colour_is_used_where_none_is_wanted() -> None:
    shown = on_a_terminal("trace", "backward", GOODS, NO_COLOR="1")
    assert "\x1b[3" not in shown


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What a command shows on a terminal of 120 columns."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=REPOSITORY,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "COLUMNS": "120", "TERM": "xterm-256color", **environment},
    ):
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # what Linux answers when the other end is closed
        return b""


def test_the_version_is_told(lotgraph: Command) -> None:
    assert lotgraph("--version").out.startswith("lotgraph ")


def test_help_comes_without_heavy_imports() -> None:
    program = (
        "import sys; from cli.main import run; run(['--help']); "
        "print(sorted({'numpy', 'pandas', 'pydantic', 'neo4j', 'fastapi'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LOTGRAPH_LANG": "en"},
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_engine_is_closed_after_use(lotgraph: Command) -> None:
    closed = []
    known = engine()
    opened = replace(known, close=lambda: closed.append(True))
    lotgraph("show", GOODS, opener=lambda: opened)
    assert closed == [True]
