"""Files appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from genealogy.errors import InvalidInput
from genealogy.exports.files import whole_file, write_file
from genealogy.exports.registry import EXPORTS
from tests.unit.exports import samples


def test_a_file_is_written_with_its_folders(tmp_path: Path) -> None:
    write_file(EXPORTS["json"], samples.small(), tmp_path / "out" / "t.json")
    assert (tmp_path / "out" / "t.json").read_bytes().endswith(b"}\n")


def write_half(target: Path, failure: type[BaseException]) -> None:
    with whole_file(target) as out:
        out.write(b"half")
        raise failure


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError])
def test_an_interrupted_write_leaves_the_old_file(
    tmp_path: Path, failure: type[BaseException]
) -> None:
    target = tmp_path / "t.json"
    target.write_text("old")
    with pytest.raises(failure):
        write_half(target, failure)
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["t.json"]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="cannot be written") as caught:
        write_file(EXPORTS["json"], samples.small(), tmp_path / "file" / "t.json")
    assert caught.value.error_code == "unwritable_file"


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "t.json").mkdir()
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_file(EXPORTS["json"], samples.small(), tmp_path / "t.json")
    assert os.listdir(tmp_path) == ["t.json"]


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    write_file(EXPORTS["json"], samples.lonely(), tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_bytes().startswith(b"{")


def test_a_device_is_written_to_directly() -> None:
    write_file(EXPORTS["json"], samples.small(), Path(os.devnull))
    assert not Path(os.devnull).is_file()


def test_files_have_ordinary_permissions(tmp_path: Path) -> None:
    write_file(EXPORTS["csv"], samples.lonely(), tmp_path / "t.csv")
    (tmp_path / "plain").touch()
    assert (tmp_path / "t.csv").stat().st_mode == (tmp_path / "plain").stat().st_mode
