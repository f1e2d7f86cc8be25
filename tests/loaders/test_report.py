"""The report of a load: counts that add up, rejects that explain themselves, bounded memory."""

from __future__ import annotations

import csv
import resource
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from genealogy.errors import LoadError
from genealogy.model.facts import Written
from loaders.report import REJECT_COLUMNS, SAMPLES, Count, Reject, RejectsFile, Tally, shortened


def a_reject(line: int = 2, value: str = "1E5") -> Reject:
    return Reject("lots.csv", line, "lot_code", value, "spreadsheet_number", {"type": "lot code"})


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_reject_has_reason_and_way_out_in_both_languages() -> None:
    reject = a_reject()
    assert "1E5" in reject.reason("en")
    assert "1E5" in reject.reason("zh")
    assert reject.hint("en") != reject.hint("zh")


def test_a_reject_with_an_unknown_code_is_a_defect_and_says_so() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        Reject("a.csv", 1, None, None, "nonsense").reason()


def test_counts_of_a_file_add_up() -> None:
    with RejectsFile(None) as file:
        tally = Tally(file)
        tally.accept("lots.csv", 3)
        tally.duplicate("lots.csv")
        tally.reject("lots.csv", [a_reject(), a_reject()])
        tally.wrote("lots.csv", Written(nodes_new=4))
    loaded = tally.result("in", "tables")
    assert loaded.counts["lots.csv"] == Count(5, 3, 1, 1, Written(nodes_new=4))
    assert loaded.rejects == 2
    assert loaded.rejects_by_code == {"spreadsheet_number": 2}
    assert not loaded.clean


def test_totals_run_over_all_files() -> None:
    tally = Tally(RejectsFile(None))
    tally.accept("lots.csv", 3)
    tally.accept("items.csv", 4)
    tally.wrote("items.csv", Written(nodes_new=1, unchanged=2))
    loaded = tally.result("in", "tables")
    assert loaded.total.accepted == 7
    assert loaded.written == Written(nodes_new=1, unchanged=2)
    assert loaded.clean


def test_a_refused_file_is_named_and_counted() -> None:
    tally = Tally(RejectsFile(None))
    tally.refuse(Reject("lots.csv", None, None, None, "empty_file"))
    loaded = tally.result("in", "tables")
    assert loaded.refused_files == ("lots.csv",)
    assert not loaded.clean


def test_no_rejects_file_comes_into_being_without_rejects(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    with RejectsFile(path) as file:
        Tally(file).accept("lots.csv")
    assert not path.exists()
    assert file.path is None


def test_a_rejects_file_has_the_promised_columns_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "out" / "rejects.csv"
    with RejectsFile(path) as file:
        Tally(file).reject("lots.csv", [a_reject(7, "胶料\n1E5")])
    [row] = rows_of(path)
    assert tuple(row) == REJECT_COLUMNS
    assert (row["file"], row["line"], row["value"]) == ("lots.csv", "7", "胶料 1E5")
    assert row["reason"]
    assert row["hint"]
    assert row["code"] == "spreadsheet_number"


def test_a_rejects_file_of_an_earlier_load_does_not_outlive_a_clean_one(tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    with RejectsFile(path) as file:
        file.add(a_reject())
    with RejectsFile(path):
        pass
    assert not path.exists()


def test_a_file_that_is_no_rejects_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "lots.csv"
    path.write_text("lot_id\nlot:A:B:C\n")
    with pytest.raises(LoadError, match="not a rejects file"), RejectsFile(path):
        pass
    assert path.read_text() == "lot_id\nlot:A:B:C\n"


@pytest.mark.parametrize("value", ["=HYPERLINK(0)", "+cmd", "@sum", "-x"])
def test_values_that_a_spreadsheet_would_run_are_made_inert(tmp_path: Path, value: str) -> None:
    with RejectsFile(tmp_path / "r.csv") as file:
        file.add(a_reject(value=value))
    [row] = rows_of(tmp_path / "r.csv")
    assert row["value"] == f"'{value}"


def test_negative_numbers_stay_as_they_were(tmp_path: Path) -> None:
    with RejectsFile(tmp_path / "r.csv") as file:
        file.add(a_reject(value="-12.5"))
    [row] = rows_of(tmp_path / "r.csv")
    assert row["value"] == "-12.5"


def test_only_the_first_rejects_are_kept_in_memory(tmp_path: Path) -> None:
    with RejectsFile(tmp_path / "r.csv") as file:
        tally = Tally(file)
        tracemalloc.start()
        for line in range(5_000):
            tally.reject("lots.csv", [a_reject(line, "x" * 1_000)])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    loaded = tally.result("in", "tables")
    assert loaded.rejects == 5_000
    assert len(loaded.samples) == SAMPLES
    assert peak < 1_000_000


def test_long_values_are_cut_and_flattened() -> None:
    assert shortened("a\nb") == "a b"
    assert shortened("x" * 10, 4) == "xxxx…"


def test_what_no_encoding_can_write_is_escaped(tmp_path: Path) -> None:
    with RejectsFile(tmp_path / "r.csv") as file:
        file.add(a_reject(value="a\ud800b"))
    [row] = rows_of(tmp_path / "r.csv")
    assert row["value"] == "a\\ud800b"


def test_a_rejects_file_that_cannot_be_written_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with RejectsFile(tmp_path / "taken" / "r.csv") as file, pytest.raises(LoadError) as caught:
        file.add(a_reject())
    assert caught.value.error_code == "rejects_not_written"
    assert "--rejects" in caught.value.hint("en")
    assert "--rejects" in caught.value.hint("zh")


def test_a_folder_is_no_rejects_file(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="cannot be written"), RejectsFile(tmp_path):
        pass


def reject(path: Path, records: int) -> None:
    with RejectsFile(path) as file:
        for line in range(records):
            file.add(a_reject(line))


@contextmanager
def room(size: int) -> Iterator[None]:
    """No file may grow beyond ``size`` bytes, as when a device is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_device_without_room_is_told(tmp_path: Path) -> None:
    with room(20_000), pytest.raises(LoadError) as caught:
        reject(tmp_path / "r.csv", 1_000)
    assert caught.value.error_code == "rejects_not_written"


def test_room_that_ends_with_the_last_rejects_is_told_too(tmp_path: Path) -> None:
    with room(10), pytest.raises(LoadError, match="cannot be written"):
        reject(tmp_path / "r.csv", 1)
