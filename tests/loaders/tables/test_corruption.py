"""Damage at random: no crash, nothing half-loaded, every reject explained."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genealogy.errors import LoadError
from loaders.report import Loaded
from loaders.tables.load import load_tables
from tests.loaders.memory import MemoryGraph, stated
from tests.loaders.tables.a_company import COMPANY, table_text

TEXTS = {name: table_text(rows).encode() for name, rows in COMPANY.items()}
NASTY = st.sampled_from(
    [
        b'"',
        b",",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b"1E5",
        b"-",
        b";",
        b"\xef\xbb\xbf",
        b"\x1d",
        b"#N/A",
    ]
)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(sorted(TEXTS)),
        st.floats(0, 1),
        st.integers(0, 4),
        NASTY | st.binary(max_size=3),
    ),
    min_size=1,
    max_size=6,
)


def damaged(edits: list[tuple[str, float, int, bytes]]) -> dict[str, bytes]:
    texts = dict(TEXTS)
    for name, where, cut, paste in edits:
        at = int(where * len(texts[name]))
        texts[name] = texts[name][:at] + paste + texts[name][at + cut :]
    return texts


def loaded_from(texts: dict[str, bytes]) -> tuple[Loaded, MemoryGraph]:
    graph = MemoryGraph()
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            (Path(folder) / f"{name}.csv").write_bytes(text)
        return load_tables(Path(folder), graph), graph


SOUND = loaded_from(TEXTS)[1]


@settings(deadline=None)
@given(EDITS)
def test_damage_is_rejected_with_reasons_or_read_as_it_stands(
    edits: list[tuple[str, float, int, bytes]],
) -> None:
    loaded, graph = loaded_from(damaged(edits))
    for reject in loaded.samples:
        assert reject.reason("en")
        assert reject.reason("zh")
        assert reject.hint("en")
        assert reject.file.removesuffix(".csv") in TEXTS
    for count in loaded.counts.values():
        assert count.read == count.accepted + count.duplicates + count.rejected
    assert all(fact.source_id in graph.nodes for fact in graph.flow_list())
    assert all(fact.target_id in graph.nodes for fact in graph.flow_list())


@settings(deadline=None)
@given(EDITS)
def test_tables_that_were_not_damaged_load_whole(
    edits: list[tuple[str, float, int, bytes]],
) -> None:
    _, graph = loaded_from(damaged(edits))
    untouched = {f"{name}.csv" for name in TEXTS} - {f"{name}.csv" for name, *_ in edits}
    found = {stated(fact) for fact in graph.flow_list()}
    for fact in SOUND.flow_list():
        if fact.source.record.partition(":")[0] in untouched:
            assert stated(fact) in found


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_bytes_that_are_no_zip_are_refused(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.zip"
        path.write_bytes(data)
        with pytest.raises(LoadError):
            load_tables(path, MemoryGraph())
