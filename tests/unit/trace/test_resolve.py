"""Names typed by people: never one of several taken silently, never a cut list taken for whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from genealogy.errors import Ambiguous, InvalidIdentifier, NotFound
from genealogy.model.facts import NodeId
from genealogy.model.identifiers import code_key
from genealogy.ports import Coded, NodeRow
from genealogy.trace.resolve import Match, find, identified, near, resolve


class Index:
    """Lots by id, code and name, in memory."""

    def __init__(self, *node_ids: str, names: dict[str, str] | None = None) -> None:
        names = names or {}
        self.rows = [row(node_id, names.get(node_id)) for node_id in sorted(node_ids)]

    def nodes(
        self, node_ids: Sequence[NodeId], *, known_at: datetime | None = None
    ) -> list[NodeRow]:
        return [r for r in self.rows if r.node_id in node_ids]

    def by_code(self, code: str, *, limit: int) -> list[NodeRow]:
        found = [r for r in self.rows if code_key(r.code) == code_key(code)]
        return sorted(found, key=lambda r: r.code != code)[:limit]

    def by_codes(self, code_keys: Sequence[str]) -> list[Coded]:
        told = ((row.node_id, row.code, code_key(row.code)) for row in self.rows)
        return [Coded(*one) for one in told if one[2] in code_keys]

    def by_prefix(self, code_key_: str, *, limit: int) -> list[NodeRow]:
        return [r for r in self.rows if code_key(r.code).startswith(code_key_)][:limit]

    def by_name(self, words: str, *, limit: int) -> list[NodeRow]:
        return [r for r in self.rows if words.casefold() in (r.name or "").casefold()][:limit]

    def near(self, code_key_: str, *, limit: int) -> list[NodeRow]:
        half = max(1, len(code_key_) // 2)
        return [
            r
            for r in self.rows
            if code_key(r.code).startswith(code_key_[:half])
            or code_key(r.code).endswith(code_key_[-half:])
        ][:limit]


def row(node_id: str, name: str | None = None) -> NodeRow:
    return NodeRow(NodeId(node_id), "Lot", (), node_id.rpartition(":")[2], name, (), {})


def test_an_identifier_means_its_node_whatever_else_has_its_code() -> None:
    index = Index("lot:S1:P:A1", "lot:S2:P:A1")
    assert resolve(index, "lot:S2:P:A1") == "lot:S2:P:A1"


def test_a_code_of_one_lot_means_that_lot() -> None:
    assert resolve(Index("lot:S1:P:A1", "lot:S1:P:B7"), "A1") == "lot:S1:P:A1"


def test_a_code_of_two_lots_is_a_question_back() -> None:
    with pytest.raises(Ambiguous) as caught:
        resolve(Index("lot:S1:P:A1", "lot:S2:P:A1"), "A1")
    assert caught.value.params["count"] == 2
    assert {c.node.node_id for c in caught.value.params["candidates"]} == {
        "lot:S1:P:A1",
        "lot:S2:P:A1",
    }


def test_the_exact_code_counts_before_one_in_other_letters() -> None:
    assert resolve(Index("lot:S1:P:a-1", "lot:S2:P:A1"), "A1") == "lot:S2:P:A1"


def test_a_code_in_other_letters_is_found_when_there_is_no_exact_one() -> None:
    assert resolve(Index("lot:S1:P:ab-17", "lot:S2:P:C9"), "AB17") == "lot:S1:P:ab-17"


@pytest.mark.parametrize("exact", ["lot:A00:P:SAME", "lot:Z1:P:SAME"])
def test_many_alike_neither_hide_the_exact_one_nor_a_second_exact_one(exact: str) -> None:
    alike = [f"lot:B{i}:P:sa-me" for i in range(10, 41)]
    assert resolve(Index(exact, *alike), "SAME") == exact
    with pytest.raises(Ambiguous) as caught:
        resolve(Index("lot:A00:P:SAME", "lot:Z1:P:SAME", *alike), "SAME")
    assert caught.value.params["count"] == 2


def test_all_of_many_equal_codes_are_counted() -> None:
    with pytest.raises(Ambiguous) as caught:
        resolve(Index(*(f"lot:S{i}:P:SAME" for i in range(31))), "SAME")
    assert caught.value.params["count"] == 31


def test_a_prefix_alone_is_never_an_answer() -> None:
    with pytest.raises(NotFound):
        resolve(Index("lot:S1:P:24A0871"), "24A08")


@pytest.mark.parametrize("typed", ["24A0781", "24A087", "x24A0871", "lot:S1:P:24A0781"])
def test_a_mistyped_code_or_id_offers_what_is_near(typed: str) -> None:
    with pytest.raises(NotFound) as caught:
        resolve(Index("lot:S1:P:24A0871", "lot:S1:P:ZZZ"), typed)
    assert "lot:S1:P:24A0871" in caught.value.hint()
    assert "ZZZ" not in caught.value.hint()


def test_nothing_near_says_how_to_look() -> None:
    with pytest.raises(NotFound) as caught:
        resolve(Index("lot:S1:P:24A0871"), "QQQQ")
    assert caught.value.params["near"]


def test_found_are_ranked_surest_first_and_each_once() -> None:
    index = Index("lot:S:P:A1", "lot:S:P:a-1", "lot:S:P:A10", names={"lot:S:P:A10": "Case A1"})
    found = [(c.node.node_id, c.match) for c in find(index, "A1")]
    assert found == [
        ("lot:S:P:A1", Match.CODE),
        ("lot:S:P:a-1", Match.CODE_FOLDED),
        ("lot:S:P:A10", Match.NAME),
    ]


def test_a_damaged_number_is_refused_where_it_names_nothing() -> None:
    with pytest.raises(InvalidIdentifier):
        find(Index("lot:S:P:A1"), "9.5E+12")


def test_at_most_five_near_ones_are_offered() -> None:
    index = Index(*(f"lot:S:P:24A087{i}" for i in range(9)))
    assert len(near(index, "24A08711")) == 5


def test_many_names_are_read_at_once_as_each_alone() -> None:
    index = Index("lot:S1:P:A1", "lot:S2:P:A1", "lot:S1:P:b-7", "lot:S1:P:C3", "lot:S2:P:c3")
    texts = ["A1", "lot:S2:P:A1", "B7", "C3", "c3", "C-3", "lot:S1:P:NO", "", "  "]
    found = identified(index, texts)
    assert found == {
        "lot:S2:P:A1": "lot:S2:P:A1",
        "B7": "lot:S1:P:b-7",
        "C3": "lot:S1:P:C3",
        "c3": "lot:S2:P:c3",
    }
    for text in texts:
        if text in found:
            assert resolve(index, text) == found[text]
        else:
            with pytest.raises((Ambiguous, NotFound, InvalidIdentifier)):
                resolve(index, text)
