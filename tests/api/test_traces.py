"""Stored traces: asked once, immutable, read in any format and in pages."""

from __future__ import annotations

import base64
import hashlib
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from genealogy.exports.as_arrow import MEDIA_TYPE as ARROW
from genealogy.exports.digest import digest_of_document
from genealogy.exports.registry import EXPORTS
from genealogy.model.facts import NodeId
from tests import small_company
from tests.api.clients import asked, assert_problem, client
from tests.small_company import (
    FLOWS,
    GOODS,
    NODES,
    RAW,
    RENJI,
    SUPPLIER,
    TWIN,
    WATERMARK,
    Company,
    engine,
)


def test_a_trace_is_created_with_its_address() -> None:
    answer = asked(client(), SUPPLIER)
    assert answer.status_code == 201
    assert answer.headers["location"] == answer.json()["self"]
    assert answer.json()["counts"] == {"nodes": 11, "edges": 11}
    assert answer.json()["completeness"]["state"] == "gaps"


def test_the_same_question_of_the_same_data_keeps_its_id() -> None:
    api = client()
    assert asked(api, SUPPLIER).json() == asked(api, "SUP-017").json()


def test_a_window_is_part_of_the_stored_question(tmp_path: Path) -> None:
    window = {"kind": "supplier", "id": "SUP-017", "from": "2026-01-01T00:00:00Z"}
    kept = client(folder=tmp_path)
    made = asked(kept, windows=[window]).json()
    told = {"kind": "supplier", "id": SUPPLIER, "from": "2026-01-01T00:00:00Z", "to": None}
    assert made["query"]["windows"] == [told]
    answer = client(folder=tmp_path).get(made["self"]).json()
    [seed] = [node for node in answer["nodes"] if node["direction"] == "seed"]
    assert (seed["id"], seed["found_in"][0]["window"]) == (RAW, 0)


@pytest.mark.parametrize(
    ("window", "pointer", "code"),
    [
        ({"kind": "supplier", "id": "nobody"}, "/windows/0/id", "not_found"),
        ({"kind": "place", "id": SUPPLIER}, "/windows", "wrong_window"),
        (
            {"kind": "supplier", "id": SUPPLIER, "to": "1999-01-01T00:00:00Z"},
            "/windows",
            "nothing_in_window",
        ),
    ],
)
def test_a_window_without_sense_is_a_problem(
    window: dict[str, str], pointer: str, code: str
) -> None:
    answer = asked(client(), windows=[window])
    flaws = assert_problem(answer, 422, "invalid_body")["errors"]
    assert [(flaw["pointer"], flaw["code"]) for flaw in flaws] == [(pointer, code)]


def test_amounts_are_told_of_what_a_window_stands_for() -> None:
    api = client()
    window = {"kind": "supplier", "id": SUPPLIER}
    made = asked(api, windows=[window], quantities=True).json()
    told = {node["id"]: node["amounts"] for node in api.get(made["self"]).json()["nodes"]}
    [amount] = told[RAW]
    assert [amount[name] for name in ("min", "share", "max", "of_seed")] == [
        "500",
        "500",
        "500",
        "1",
    ]
    assert {len(amounts) for amounts in told.values()} == {1}


def test_a_clock_tolerance_is_part_of_the_stored_question(tmp_path: Path) -> None:
    made = asked(client(), SUPPLIER, clock_tolerance={"MES": "300s", "ERP": "0s"}).json()
    assert made["query"]["clock_tolerance"] == {"ERP": "0d", "MES": "5m"}
    assert made["id"] != asked(client(), SUPPLIER).json()["id"]
    kept = client(folder=tmp_path)
    address = asked(kept, SUPPLIER, clock_tolerance={"MES": "5m"}).json()["self"]
    again = client(folder=tmp_path).get(address)
    assert again.json()["query"]["clock_tolerance"] == {"MES": "5m"}


def test_a_clock_tolerance_set_for_all_traces_is_told_in_each() -> None:
    strict = replace(engine(), clock_tolerance=(("MES", timedelta(minutes=5)),))
    made = asked(client(strict), SUPPLIER, clock_tolerance={"ERP": "1h"}).json()
    assert made["query"]["clock_tolerance"] == {"ERP": "1h", "MES": "5m"}


def test_new_data_give_the_same_question_a_new_id() -> None:
    later = replace(engine(), watermark=lambda: small_company.WATERMARK + 1)
    assert asked(client(), SUPPLIER).json()["id"] != asked(client(later), SUPPLIER).json()["id"]


def test_the_record_time_is_pinned_to_now() -> None:
    query = asked(client(), SUPPLIER).json()["query"]
    assert (query["known_at"], query["as_of"]) == ("2026-03-20T12:00:00Z", None)


def test_a_seed_not_known_then_is_a_problem_that_says_since_when_it_is() -> None:
    answer = asked(client(), GOODS, known_at="2020-01-01T00:00:00Z")
    [flaw] = assert_problem(answer, 422, "invalid_body")["errors"]
    assert (flaw["pointer"], flaw["code"]) == ("/known_at", "not_known_then")
    assert "it was first recorded at 2026-" in flaw["message"]


def test_before_anything_happened_is_no_finished_answer() -> None:
    made = asked(client(), GOODS, as_of="2020-01-01T00:00:00Z").json()
    assert (made["counts"], made["completeness"]["state"]) == ({"nodes": 1, "edges": 0}, "gaps")
    assert made["completeness"]["gaps"] == [{"kind": "not_begun", "node": GOODS}]


def test_records_dated_after_now_are_not_lost_by_pinning() -> None:
    ahead = small_company.START.replace(year=2027)
    flows = [replace(f, recorded_at=ahead) for f in FLOWS]
    api = client(engine(Company([*NODES, *flows])))
    made = asked(api, SUPPLIER).json()
    assert made["counts"]["edges"] == 11
    assert made["query"]["known_at"] == "2027-03-01T00:00:00Z"


def test_a_lone_seed_recorded_after_now_is_not_lost_by_pinning_either() -> None:
    ahead = small_company.START.replace(year=2027)
    lone = Company([replace(f, recorded_at=ahead) for f in NODES if f.node_id == RAW])
    api = client(engine(lone))
    made = asked(api, RAW).json()
    assert made["query"]["known_at"] == "2027-03-01T00:00:00Z"
    assert asked(api, RAW).json() == made


def test_the_answer_is_the_json_export() -> None:
    api = client()
    document = api.get(asked(api, SUPPLIER).json()["self"]).json()
    parts = ["query", "nodes", "edges", "completeness", "watermark", "digest"]
    assert list(document) == parts
    assert document["query"]["seeds"] == [SUPPLIER]


def test_an_answer_tells_which_data_it_was_made_of_and_its_digest() -> None:
    api = client()
    asked_for = asked(api, SUPPLIER)
    made = asked_for.json()
    assert made["watermark"] == {"before": WATERMARK, "after": WATERMARK}
    assert (made["changed_meanwhile"], made["answered_at"]) == (False, "2026-03-20T12:00:00Z")
    document = api.get(made["self"])
    assert document.json()["digest"] == made["digest"] == digest_of_document(document.json())
    assert document.json()["watermark"] == WATERMARK
    assert api.get(f"{made['self']}/summary").json() == made
    for address in ("", ".csv", ".ndjson", "/summary", "/nodes", "/edges"):
        told = api.get(made["self"] + address).headers
        assert told["lotgraph-digest"] == asked_for.headers["lotgraph-digest"] == made["digest"]
        assert told["lotgraph-watermark"] == str(WATERMARK)


def test_a_write_while_a_question_was_answered_is_told() -> None:
    writes = iter(range(7, 99))
    meanwhile = replace(engine(), watermark=lambda: next(writes))
    made = asked(client(meanwhile), SUPPLIER).json()
    assert made["watermark"] == {"before": 7, "after": 8}
    assert made["changed_meanwhile"] is True


@pytest.mark.parametrize("export", EXPORTS.values(), ids=lambda e: e.name)
def test_suffix_and_accept_header_give_the_same_bytes(export) -> None:  # type: ignore[no-untyped-def]
    api = client()
    address = asked(api, SUPPLIER).json()["self"]
    by_suffix = api.get(address + export.suffix)
    by_header = api.get(address, headers={"accept": export.media_type})
    assert by_suffix.content == by_header.content
    assert by_suffix.headers["content-type"].startswith(export.media_type)
    assert by_suffix.headers["etag"] == by_header.headers["etag"]


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("*/*", "json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "json"),
        ("text/*", "csv"),
        ("image/svg+xml, application/json;q=0.5", "svg"),
        ("application/json;q=0, */*", "ndjson"),
        ("application/json;q=0.1, text/csv;q=0.9", "csv"),
    ],
)
def test_the_accept_header_is_read_with_its_weights(accept: str, name: str) -> None:
    api = client()
    answer = api.get(asked(api, SUPPLIER).json()["self"], headers={"accept": accept})
    assert answer.headers["content-type"].startswith(EXPORTS[name].media_type)


def test_an_answer_proves_that_it_is_whole() -> None:
    api = client()
    answer = api.get(asked(api, SUPPLIER).json()["self"] + ".csv")
    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert answer.headers["content-digest"] == f"sha-256=:{digest}:"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["lotgraph-completeness"] == "gaps; frontiers=0; gaps=2; masked=0"


def test_an_unchanged_answer_is_not_sent_again() -> None:
    api = client()
    address = asked(api, SUPPLIER).json()["self"]
    tag = api.get(address).headers["etag"]
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = api.get(address, headers={"if-none-match": given})
        assert (again.status_code, again.content) == (304, b"")
    for given in ('"other"', tag.strip('"'), f'"x{tag[1:]}'):
        assert api.get(address, headers={"if-none-match": given}).status_code == 200
    assert not tag.startswith("W/")


def test_the_head_of_an_answer_is_that_of_the_whole_without_it() -> None:
    api = client()
    address = asked(api, SUPPLIER).json()["self"]
    for path in (address, f"{address}.csv", f"{address}/nodes", "/health", "/nowhere"):
        whole, head = api.get(path), api.head(path)
        volatile = {"x-request-id"}
        assert (head.status_code, head.content) == (whole.status_code, b"")
        assert dict(head.headers, **{k: "" for k in volatile}) == dict(
            whole.headers, **{k: "" for k in volatile}
        )


@pytest.mark.parametrize("number", ["9" * 40, "-1", "1e3", "٣", ""])
@pytest.mark.parametrize("part", ["nodes", "edges"])
def test_a_cursor_that_was_never_given_out_is_refused(part: str, number: str) -> None:
    api = client()
    made = asked(api, SUPPLIER).json()
    answer = api.get(f"{made['self']}/{part}", params={"cursor": f"{made['id'][:8]}.{number}"})
    problem = assert_problem(answer, 422, "invalid_body")
    assert problem["errors"][0]["pointer"] == "query/cursor"


@pytest.mark.parametrize("part", ["nodes", "edges"])
def test_pages_add_up_to_the_whole(part: str) -> None:
    api = client()
    address = asked(api, SUPPLIER).json()["self"]
    found, url = [], f"{address}/{part}?limit=4"
    while url:
        page = api.get(url)
        found += page.json()["items"]
        assert page.json()["completeness"]["state"] == "gaps"
        url = page.links["next"]["url"] if "next" in page.links else ""
    assert found == api.get(address).json()[part]


@pytest.mark.parametrize("part", ["nodes", "edges"])
def test_a_table_in_arrow_is_the_whole_whatever_page_was_asked_for(part: str) -> None:
    api = client()
    made = asked(api, SUPPLIER).json()
    address, wanted = f"{made['self']}/{part}", {"accept": ARROW}
    answer = api.get(address, params={"limit": 2}, headers=wanted)
    assert answer.headers["content-type"] == ARROW
    table = pa.ipc.open_stream(answer.content).read_all()
    assert table.column("id").to_pylist() == [r["id"] for r in api.get(made["self"]).json()[part]]
    told = {"lotgraph-digest": made["digest"], "lotgraph-watermark": str(WATERMARK)}
    assert told.items() <= dict(answer.headers).items()
    assert answer.headers["lotgraph-completeness"].startswith("gaps;")
    assert f".{part}.arrows" in answer.headers["content-disposition"]
    tag = answer.headers["etag"]
    again = api.get(address, headers={**wanted, "if-none-match": tag})
    assert (again.status_code, again.headers["vary"]) == (304, "Accept")


@pytest.mark.parametrize("part", ["nodes", "edges"])
@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        (f"{ARROW};q=0.5, application/json;q=0.4", ARROW),
        (f"application/json;q=0, {ARROW}", ARROW),
    ],
)
def test_a_page_or_a_table_as_the_accept_header_has_it(part: str, accept: str, kind: str) -> None:
    api = client()
    address = f"{asked(api, SUPPLIER).json()['self']}/{part}"
    assert api.get(address, headers={"accept": accept}).headers["content-type"] == kind


@pytest.mark.parametrize("part", ["nodes", "edges"])
def test_a_table_in_a_format_that_there_is_not_is_a_problem(part: str) -> None:
    api = client()
    address = f"{asked(api, SUPPLIER).json()['self']}/{part}"
    problem = assert_problem(
        api.get(address, headers={"accept": "text/csv"}), 406, "not_acceptable"
    )
    assert ARROW in problem["detail"] + problem["hint"]


def test_without_pyarrow_a_table_is_a_problem_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("genealogy.exports.as_arrow.is_to_be_had", lambda: False)
    api = client()
    address = f"{asked(api, SUPPLIER).json()['self']}/nodes"
    problem = assert_problem(api.get(address, headers={"accept": ARROW}), 406, "arrow_missing")
    assert "lotgraph[arrow]" in problem["hint"]
    assert api.get(address).status_code == 200


def test_a_page_beyond_the_end_is_empty() -> None:
    api = client()
    made = asked(api, SUPPLIER).json()
    page = api.get(f"{made['self']}/nodes?cursor={made['id'][:8]}.999").json()
    assert (page["items"], page["next"], page["total"]) == ([], None, 11)


def test_a_cursor_of_another_trace_is_refused() -> None:
    api = client()
    one, other = asked(api, SUPPLIER).json(), asked(api, GOODS).json()
    answer = api.get(f"{one['self']}/nodes?cursor={other['id'][:8]}.4")
    problem = assert_problem(answer, 422, "invalid_body")
    assert problem["errors"][0]["pointer"] == "query/cursor"


def test_a_path_explains_a_node() -> None:
    api = client()
    answer = api.get(f"{asked(api, RAW).json()['self']}/paths?to=C-017").json()
    [path] = answer["paths"]
    assert path["steps"][0]["node"] == RAW
    assert path["steps"][-1]["node"] == RENJI
    assert path["steps"][1]["edge"]["source_record"] == "moves.csv:1"


def test_a_seed_needs_no_path() -> None:
    api = client()
    answer = api.get(f"{asked(api, RAW).json()['self']}/paths", params={"to": RAW}).json()
    assert answer["paths"] == []


def test_a_node_that_was_not_reached_is_a_problem() -> None:
    api = client()
    answer = api.get(f"{asked(api, RAW).json()['self']}/paths", params={"to": TWIN})
    assert_problem(answer, 404, "not_reached")


def test_every_bad_seed_is_named() -> None:
    answer = asked(client(), "FG1184", GOODS, "24A0871", stops=["nowhere"])
    problem = assert_problem(answer, 422, "invalid_body")
    found = [(flaw["pointer"], flaw["code"]) for flaw in problem["errors"]]
    assert found == [
        ("/seeds/0", "not_found"),
        ("/seeds/2", "ambiguous"),
        ("/stops/0", "not_found"),
    ]


# --- Kept over a restart -------------------------------------------------------------


def test_a_stored_trace_outlives_the_process(tmp_path: Path) -> None:
    made = asked(client(folder=tmp_path / "traces"), SUPPLIER).json()
    first = client(folder=tmp_path / "traces").get(made["self"])
    assert first.status_code == 200
    assert first.json()["query"]["known_at"] == "2026-03-20T12:00:00Z"


def test_only_the_owner_can_read_stored_questions(tmp_path: Path) -> None:
    asked(client(folder=tmp_path / "traces"), SUPPLIER)
    kept = list((tmp_path / "traces").iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in kept} == {0o600}
    assert stat.S_IMODE((tmp_path / "traces").stat().st_mode) == 0o700


def test_a_stored_answer_is_the_same_after_a_restart_whatever_was_recorded_since(
    tmp_path: Path,
) -> None:
    made = asked(client(folder=tmp_path), SUPPLIER).json()
    fewer = engine(Company([*NODES, *FLOWS[:-1]]))
    before, after = client(folder=tmp_path), client(fewer, folder=tmp_path)
    for address in (*made["formats"].values(), f"{made['self']}/nodes", f"{made['self']}/edges"):
        assert after.get(address).content == before.get(address).content
    for address in (f"{made['self']}/paths?to=C-017", f"{made['self']}/summary"):
        assert after.get(address).json() == before.get(address).json()


def test_an_altered_answer_is_not_served(tmp_path: Path) -> None:
    made = asked(client(folder=tmp_path), SUPPLIER).json()
    [answer] = tmp_path.glob("*.answer")
    answer.write_bytes(answer.read_bytes().replace(b"24A0871", b"24A0872"))
    restarted = client(folder=tmp_path)
    problem = assert_problem(restarted.get(made["self"]), 410, "trace_altered")
    assert made["id"] in problem["detail"]
    again = asked(restarted, SUPPLIER).json()
    assert (again["id"] != made["id"], again["digest"]) == (True, made["digest"])


def test_an_answer_that_cannot_be_stored_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "traces").write_text("in the way")
    answer = asked(client(folder=tmp_path / "traces"), SUPPLIER)
    assert_problem(answer, 503, "trace_unkept")


def test_an_answer_that_later_records_changed_is_not_served(tmp_path: Path) -> None:
    made = asked(client(folder=tmp_path), SUPPLIER).json()
    [answer] = tmp_path.glob("*.answer")
    answer.unlink()
    fewer = engine(Company([*NODES, *FLOWS[:-1]]))
    assert_problem(client(fewer, folder=tmp_path).get(made["self"]), 410, "trace_changed")


@pytest.mark.parametrize("name", ["..%2Fsecret", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "x", "A" * 26])
def test_an_unknown_trace_is_a_problem(tmp_path: Path, name: str) -> None:
    answer = client(folder=tmp_path).get(f"/v1/traces/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_answers_beyond_the_memory_bound_are_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.shelf.MOST_EDGES", 0)
    api = client()
    one = asked(api, SUPPLIER).json()["self"]
    asked(api, GOODS)
    assert api.get(one).status_code == 200


def test_many_seeds_are_one_trace() -> None:
    made = asked(client(), GOODS, RAW, GOODS).json()
    assert made["query"]["seeds"] == [GOODS, RAW]
    assert NodeId(GOODS) in made["query"]["seeds"]


def test_paths_say_which_question_and_state_of_the_data_they_are_of() -> None:
    api = client()
    made = asked(api, RAW).json()
    answer = api.get(f"{made['self']}/paths?to=C-017")
    assert answer.json()["query"] == made["query"]
    assert answer.json()["watermark"] == WATERMARK
    assert answer.headers["lotgraph-watermark"] == str(WATERMARK)
    assert answer.headers["lotgraph-digest"] == made["digest"]


def test_more_paths_are_told_when_asked_for() -> None:
    api = client()
    address = f"{asked(api, RAW).json()['self']}/paths?to=C-017"
    one, more = api.get(address).json(), api.get(f"{address}&count=3").json()
    assert more["paths"][0] == one["paths"][0]
    assert api.get(f"{address}&count=0").status_code == 422


def test_a_dilution_threshold_stands_in_the_header_and_the_question() -> None:
    api = client()
    made = asked(api, RAW, quantities=True, dilution="0.5")
    assert made.headers["lotgraph-dilution"] == "0.5"
    assert made.json()["query"]["dilution"] == "0.5"
    assert api.get(f"{made.json()['self']}.csv").headers["lotgraph-dilution"] == "0.5"
    nodes = api.get(f"{made.json()['self']}/nodes").json()
    assert nodes["items"][0]["amounts"][0]["share"] == "500"


@pytest.mark.parametrize("dilution", ["0", "2", "much", "0.", 0.1])
def test_a_dilution_threshold_without_sense_is_refused(dilution: object) -> None:
    assert asked(client(), RAW, quantities=True, dilution=dilution).status_code == 422


def test_quantities_backward_are_refused() -> None:
    assert asked(client(), GOODS, direction="backward", quantities=True).status_code == 422
    assert asked(client(), GOODS, direction="backward", dilution="0.5").status_code == 422


def test_a_dilution_threshold_asks_for_quantities() -> None:
    made = asked(client(), RAW, dilution="0.5").json()
    assert (made["query"]["quantities"], made["query"]["dilution"]) == (True, "0.5")
