"""Habits of this repository that a reader relies on, held by tests."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.source_tree import REPOSITORY, Module, literal, modules

CYPHER = re.compile(
    r"\b(MATCH|MERGE|UNWIND|DETACH DELETE|CREATE (CONSTRAINT|INDEX|\()|RETURN DISTINCT)\b"
)
# Cypher outside cypher/, each with the reason why it cannot be a file.
CYPHER_ELSEWHERE = {
    "genealogy/store/schema.py": "DDL takes no parameters; it is rendered from constants",
}
#: Where an error of any kind ends, with the reason.
LAST_RESORTS = {"cli/main.py": "a defect is told in one line, not shown as a traceback"}
CATCHES_ALL = {"Exception", "BaseException"}
#: Requirements that no module imports, each with the reason why it is one.
NOT_IMPORTED = {
    "arcadedb-embedded": "its server runs as a process of its own",
    "neo4j-rust-ext": "makes the driver faster from within",
}
LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
#: Longer ones, each with the reason.
LONGER_FUNCTIONS = {
    "genealogy/trace/kernel/arrivals.py:extend": "the inner loop of a trace: calls would slow it",
    "genealogy/snapshot/sweep.py:sweep_in_time": "the inner loop of a sweep: calls would slow it",
}
CHANGE_KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
ADR_PARTS = ["Context", "Decision", "Consequences", "Alternatives"]
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)(.*?)\\?$", re.MULTILINE)


def read(path: str) -> str:
    return (REPOSITORY / path).read_text("utf-8")


def headings(text: str, level: int) -> list[str]:
    return re.findall(rf"^{'#' * level} (.+?)\s*$", text, re.MULTILINE)


# --- Source --------------------------------------------------------------------------


def docstrings(module: Module) -> set[ast.AST]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        node.body[0].value
        for node in ast.walk(module.tree)
        if isinstance(node, kinds) and node.body and isinstance(node.body[0], ast.Expr)
    }


def has_cypher(module: Module) -> bool:
    spoken = docstrings(module)
    return any(
        CYPHER.search(text)
        for node in ast.walk(module.tree)
        if node not in spoken and (text := literal(node))
    )


def broad_catches(module: Module) -> list[ast.ExceptHandler]:
    """Handlers that take every error, or every exception there is."""
    handlers = (n for n in ast.walk(module.tree) if isinstance(n, ast.ExceptHandler))
    return [
        h
        for h in handlers
        if h.type is None or (isinstance(h.type, ast.Name) and h.type.id in CATCHES_ALL)
    ]


def test_what_catches_everything_gives_a_reason_and_raises_it_again() -> None:
    found = [(m, h) for m in modules() for h in broad_catches(m)]
    silent = {m.path for m, h in found if not isinstance(h.body[-1], ast.Raise)}
    unexplained = [
        (m.path, h.lineno)
        for m, h in found
        if not any("# " in line for line in read(m.path).splitlines()[h.lineno - 2 : h.lineno + 1])
    ]
    assert silent == set(LAST_RESORTS)
    assert unexplained == []


def test_cypher_is_in_files_and_nowhere_else() -> None:
    assert {m.path for m in modules() if has_cypher(m)} == set(CYPHER_ELSEWHERE)


def test_every_module_says_what_it_is_for() -> None:
    assert [m.path for m in modules() if not ast.get_docstring(m.tree)] == []


def test_no_module_is_too_long() -> None:
    long = {m.path: n for m in modules() if (n := m.source.count("\n")) > LONGEST_MODULE}
    assert long == {}


def test_no_function_is_too_long() -> None:
    long = {
        f"{module.path}:{function.name}": lines
        for module in modules()
        for function in module.functions()
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    }
    assert long.keys() == LONGER_FUNCTIONS.keys()


def test_two_source_files_never_read_the_same() -> None:
    seen: dict[str, list[str]] = {}
    for module in modules():
        if len(module.source) > 200:
            seen.setdefault(module.source, []).append(module.path)
    assert [paths for paths in seen.values() if len(paths) > 1] == []


# --- Locked versions -----------------------------------------------------------------


def project() -> dict[str, Any]:
    return tomllib.loads(read("pyproject.toml"))


def locked(path: str) -> set[tuple[str, str]]:
    return {(name, version) for name, version, _ in PINNED.findall(read(path))}


def bare(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None
    return re.sub(r"[-_.]+", "-", name.group()).lower()


@pytest.mark.parametrize(
    ("lock", "extras"), [("requirements.lock", []), ("requirements-dev.lock", ["dev"])]
)
def test_every_requirement_is_locked(lock: str, extras: list[str]) -> None:
    declared = project()["project"]
    wanted = list(declared["dependencies"])
    for extra in extras:
        wanted += declared["optional-dependencies"][extra]
    assert {bare(line) for line in wanted} - {name for name, _ in locked(lock)} == set()


def imported(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_what_the_product_imports_is_required_and_nothing_else_is() -> None:
    ours = {*sys.stdlib_module_names, *project()["tool"]["importlinter"]["root_packages"]}
    used = {bare(name) for module in modules() for name in imported(module) if name not in ours}
    declared = project()["project"]
    extras = declared["optional-dependencies"]
    wanted = [*declared["dependencies"], *extras["fast"], *extras["arrow"]]
    required = {bare(line) for line in wanted}
    assert used == required - NOT_IMPORTED.keys()
    assert NOT_IMPORTED.keys() <= required


def test_tests_run_on_the_versions_that_are_shipped() -> None:
    assert locked("requirements.lock") - locked("requirements-dev.lock") == set()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_version_has_a_hash(lock: str) -> None:
    entries = re.split(r"^(?=[a-z0-9])", read(lock), flags=re.MULTILINE)[1:]
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_jars_of_the_test_server_are_held_by_checksum() -> None:
    sums = read(".ci/neo4j/SHA256SUMS").splitlines()
    version = re.findall(r"<version>([\d.]{3,})</version>", read(".ci/neo4j/pom.xml"))[-1]
    assert any(line.endswith(f"  neo4j-{version}.jar") for line in sums)
    assert all(re.fullmatch(r"[0-9a-f]{64}  \S+\.jar", line) for line in sums)


# --- Papers --------------------------------------------------------------------------


def test_the_changelog_begins_with_what_is_not_released_yet() -> None:
    assert headings(read("CHANGELOG.md"), 2)[0] == "[Unreleased]"


def test_the_changelog_sorts_changes_by_the_usual_kinds() -> None:
    assert set(headings(read("CHANGELOG.md"), 3)) <= CHANGE_KINDS


def test_the_version_in_the_package_is_in_the_changelog_once_released() -> None:
    version = re.search(r'__version__ = "([^"]+)"', read("genealogy/__init__.py"))
    assert version is not None
    if not re.search(r"dev|^0\.1\.0", version.group(1)):
        assert f"[{version.group(1)}]" in read("CHANGELOG.md")


def decisions() -> list[Path]:
    return sorted((REPOSITORY / "docs" / "adr").glob("[0-9]*.md"))


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(path.name[:4]) for path in decisions()] == list(range(len(decisions())))


@pytest.mark.parametrize("path", decisions(), ids=lambda path: path.stem)
def test_a_decision_has_all_its_parts(path: Path) -> None:
    text = path.read_text("utf-8")
    assert headings(text, 1)[0].startswith(f"{path.name[:4]} ")
    assert re.search(r"^Status: \w+", text, re.MULTILINE)
    assert headings(text, 2) == ADR_PARTS


def targets() -> list[str]:
    phony = re.search(r"^\.PHONY: (.+)$", read("Makefile"), re.MULTILINE)
    assert phony is not None
    return phony.group(1).split()


@pytest.mark.parametrize("target", targets())
def test_every_make_target_explains_itself(target: str) -> None:
    assert re.search(rf"^{target}:.*## \w", read("Makefile"), re.MULTILINE)


def commands_named(text: str) -> Iterator[str]:
    yield from re.findall(r"`make ([a-z]+)", text)


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "README.md"])
def test_a_page_names_only_make_targets_that_exist(page: str) -> None:
    assert set(commands_named(read(page))) - set(targets()) == set()


def links(path: Path) -> list[str]:
    found = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text("utf-8"))
    return [target for target in found if not (path.parent / target).exists()]


def pages() -> list[Path]:
    return [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")]


def test_no_page_links_to_a_file_that_is_not_there() -> None:
    assert {path.name: bad for path in pages() if (bad := links(path))} == {}


def test_shell_scripts_stop_at_the_first_fault() -> None:
    scripts = [p for folder in (".ci", "scripts") for p in (REPOSITORY / folder).rglob("*")]
    shell = [p for p in scripts if p.is_file() and p.read_bytes().startswith(b"#!")]
    lax = [p.name for p in shell if "\nset -eu" not in p.read_text("utf-8")]
    assert (len(shell) > 4, lax) == (True, [])
