"""Folders and zips: what is found in them, and what is refused before it is opened."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from genealogy.errors import UnreadableFile
from loaders.tables.container import TableFile, table_files
from tests.loaders.tables.a_company import write_zip


def names(path: Path) -> list[str]:
    with table_files(path) as files:
        return [f"{file.table}={content(file)}" for file in files]


def content(file: TableFile) -> str:
    with file.open() as stream:
        return stream.read().decode()


def test_a_folder_gives_its_csv_files(tmp_path: Path) -> None:
    (tmp_path / "Lots.CSV").write_text("x")
    (tmp_path / "notes.txt").write_text("y")
    assert names(tmp_path) == ["lots=x"]


def test_a_single_csv_file_is_a_table(tmp_path: Path) -> None:
    (tmp_path / "lots.csv").write_text("x")
    assert names(tmp_path / "lots.csv") == ["lots=x"]


def test_a_zip_may_hold_its_tables_in_one_folder(tmp_path: Path) -> None:
    path = write_zip(
        tmp_path / "t.zip", {"demo/lots.csv": "x", "__MACOSX/._lots.csv": "", "a/b/c.csv": ""}
    )
    assert names(path) == ["lots=x"]


@pytest.mark.parametrize(
    "member",
    ["../lots.csv", "a/../../lots.csv", "/lots.csv", "..\\lots.csv", "C:\\lots.csv", "C:/lots.csv"],
)
def test_a_zip_with_a_path_that_leads_out_is_refused(tmp_path: Path, member: str) -> None:
    path = write_zip(tmp_path / "t.zip", {"items.csv": "x", member: "y"})
    with pytest.raises(UnreadableFile, match="leads out"):
        names(path)


def test_a_zip_with_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("lots.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UnreadableFile, match="link"):
        names(tmp_path / "t.zip")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "t.zip", {"lots.csv": "0" * 5_000_000})
    with pytest.raises(UnreadableFile, match="fold"):
        names(path)


def test_a_zip_that_would_fill_the_disk_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loaders.tables.container.MAX_UNPACKED", 10)
    path = write_zip(tmp_path / "t.zip", {"lots.csv": "0123456789", "items.csv": "0"})
    with pytest.raises(UnreadableFile, match="more than"):
        names(path)


def test_a_zip_with_two_tables_of_one_name_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "t.zip", {"a/lots.csv": "x", "b/LOTS.csv": "y"})
    with pytest.raises(UnreadableFile, match="two members"):
        names(path)


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "t.zip", {"lots.csv": "x"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(UnreadableFile, match="encrypted"):
        names(path)


def test_a_link_out_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "lots.csv").symlink_to(tmp_path / "secret")
    with pytest.raises(UnreadableFile, match="link"):
        names(tmp_path / "in")


def test_what_is_no_zip_and_what_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "t.zip").write_text("not a zip")
    with pytest.raises(UnreadableFile, match="neither"):
        names(tmp_path / "t.zip")
    with pytest.raises(UnreadableFile, match="no such file"):
        names(tmp_path / "none.zip")
