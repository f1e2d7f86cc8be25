"""The Cypher folder: registered, portable, parameters only, names from one module."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from genealogy.model.names import FLOW_TIMES, LOAD_TIMES, NODE_TIMES, Flow, Label, Link, Role
from genealogy.store.queries import Query, create_nodes, registry, statement, update_nodes

FOLDER = resources.files("cypher")
FILES = sorted(
    f"{topic.name}/{file.name}"
    for topic in FOLDER.iterdir()
    if topic.is_dir()
    for file in topic.iterdir()
    if file.name.endswith(".cypher")
)
QUERIES = registry()
LABELS = set(Label) | set(Role)
TYPES = set(Flow) | set(Link)

#: What runs on one database only, or runs on both and explodes on one: pattern and reason.
FORBIDDEN = {
    r"\bSHORTEST\b|\bANY\s+\(": "selectors are a syntax error on ArcadeDB",
    r"\bshortestPath\b": "predicates on it filter too late on ArcadeDB",
    r"\b(all|any|none|single)\s*\(\s*\w+\s+IN\s+(relationships|nodes)\(": "explodes along paths",
    r"\.\.\d*\][^}]*collect\(DISTINCT": "directly after var-length it explodes on ArcadeDB",
    r"CALL\s*\{": "the import form WITH a explodes on ArcadeDB; use CALL (a) {",
    r":\$\(": "dynamic labels create nodes without labels on ArcadeDB",
    r"\bapoc\.|\bgds\.|\bdb\.": "procedures differ",
    r"\bLOAD CSV\b": "off on ArcadeDB",
    r"\bCYPHER\s": "a version prefix is a syntax error on ArcadeDB",
    r"\b(LET|FILTER|(?<!CASE )WHEN)\b": "not in Neo4j 5",
    r"\bUSING\s+(INDEX|SCAN|JOIN)": "hints differ",
    r"\bCONCURRENT\b": "not on ArcadeDB",
    r"NODE KEY|IS NOT NULL\s*$|IS ::": "constraints differ",
    r"(?<!DETACH )\bDELETE\b": "nothing is deleted; and never without DETACH",
    r"\w+\.node_id IN \$|elementId\(\w+\) IN|\bid\(": "a scan on ArcadeDB: UNWIND instead",
    r"MERGE \(\w+:\w+:\w+": "a scan on ArcadeDB: one label and one key",
    r"0x[0-9A-F]|\d_\d": "number forms differ",
    r"^\s*(OPTIONAL )?MATCH \(\)": "ArcadeDB starts there: begin at what is bound",
    r"\*\]|\*\d+\.\.\]": "an upper bound is needed",
}
#: Files that may do what is forbidden elsewhere, with the reason.
ALLOWED = {
    ("load/flows_at_source.cypher", r"collect\(DISTINCT"): "after one plain hop it is safe",
    ("load/flows_at_target.cypher", r"collect\(DISTINCT"): "after one plain hop it is safe",
}


def code(path: str) -> str:
    return "\n".join(line for line in statement(path).splitlines() if not line.startswith("//"))


def test_every_file_is_registered_and_every_entry_has_a_file() -> None:
    assert sorted({q.path for q in QUERIES}) == FILES


@pytest.mark.parametrize("path", FILES)
def test_a_file_opens_with_a_sentence_and_explains_each_parameter(path: str) -> None:
    header = [line for line in statement(path).splitlines() if line.startswith("//")]
    assert re.fullmatch(r"// [A-Z].*[.?;].*", header[0]) or header[0].endswith((".", "?"))
    explained = {m for line in header[1:] for m in re.findall(r"^// \$(\w+)  ", line)}
    assert explained == set(re.findall(r"\$(\w+)", code(path)))


@pytest.mark.parametrize("path", FILES)
def test_a_file_holds_one_statement_without_terminator(path: str) -> None:
    assert ";" not in code(path)
    assert code(path).count("RETURN") == 1 + code(path).count("CALL (")


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("pattern", FORBIDDEN, ids=lambda p: FORBIDDEN[p][:30])
def test_a_file_is_portable(path: str, pattern: str) -> None:
    found = re.search(pattern, code(path), re.MULTILINE)
    if (path, pattern) in ALLOWED:
        assert found, f"{path} no longer needs its exception"
    else:
        assert not found, FORBIDDEN[pattern]


@pytest.mark.parametrize("path", FILES)
def test_var_length_is_bounded_and_nothing_follows_it_in_its_pattern(path: str) -> None:
    for match in re.finditer(r"\*(\d*)\.\.(\d*)\]->?\(\w*\)(.*)", code(path)):
        assert match.group(2)
        assert "-[" not in match.group(3)


@pytest.mark.parametrize("query", QUERIES, ids=lambda q: f"{q.path}{q.tokens}")
def test_parameters_and_columns_are_as_declared(query: Query[object]) -> None:
    text = query.text
    assert set(re.findall(r"\$(\w+)", code_of(text))) == query.params
    returned = code_of(text).rsplit("RETURN", 1)[1]
    assert tuple(re.findall(r"\bAS (\w+)", returned)) == query.columns


@pytest.mark.parametrize("query", QUERIES, ids=lambda q: f"{q.path}{q.tokens}")
def test_a_read_query_writes_nothing(query: Query[object]) -> None:
    writes = re.search(r"\b(CREATE|MERGE|SET|DELETE|REMOVE)\b", code_of(query.text))
    assert bool(writes) == (query.access == "write")


@pytest.mark.parametrize("query", QUERIES, ids=lambda q: f"{q.path}{q.tokens}")
def test_labels_and_types_are_those_of_the_model(query: Query[object]) -> None:
    text = re.sub(r"'[^']*'", "", code_of(query.text))
    nodes = re.findall(r"[(\s]\w*:([A-Z]\w*(?:[:|]\w+)*)", text)
    used = {name for group in nodes for name in re.split(r"[:|]", group)}
    assert used <= LABELS | TYPES, used - LABELS - TYPES
    types = re.findall(r"\[\w*:([A-Z_|]+)", text)
    assert {name for group in types for name in group.split("|")} <= TYPES


def test_labels_and_types_share_no_name() -> None:
    assert not LABELS & TYPES


PROPERTIES = {
    "node_id", "code", "code_key", "code_tail", "name_key", "identifiers", "claims", "mixing",
    "fact_id", "quantity", "uom", "base_quantity", "occurred_offset", "place_id", "event_id",
    "source_system", "source_record", "confidence", "part", "name", "product_id",
    "version", "watermark", "identity", "stamp", "told", "node_ids",
    "kind", "non_propagating", "load_id", "source",
    "state", *LOAD_TIMES, "epochSeconds", "microsecond", *FLOW_TIMES, *NODE_TIMES,
}  # fmt: skip


@pytest.mark.parametrize("path", FILES)
def test_properties_are_those_of_the_model(path: str) -> None:
    assert set(re.findall(r"\b\w\.(\w+)|\.(epochSeconds|microsecond)", code(path))) <= {
        (p, "") for p in PROPERTIES
    } | {("", "epochSeconds"), ("", "microsecond")}


@pytest.mark.parametrize("name", ["", "a b", "a`b", "a: 1, b", "Ä", "1a", "a}"])
def test_what_is_no_name_of_a_property_never_gets_into_a_statement(name: str) -> None:
    with pytest.raises(ValueError, match="not the name of a property"):
        create_nodes([Label.LOT], ["code", name])
    with pytest.raises(ValueError, match="not the name of a property"):
        update_nodes([name])


def test_a_row_is_read_by_the_names_of_its_properties() -> None:
    text = create_nodes([Label.LOT, Role.PRODUCT_LOT], ["started_at", "code"]).text
    assert "CREATE (n:Entity:Lot:ProductLot {`code`: x.`code`, started_at: datetime(" in text


def code_of(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("//"))
