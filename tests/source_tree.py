"""The repository's own files, read as data by the tests of its habits."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGES = ("genealogy", "cypher", "loaders", "api", "cli")


@dataclass(frozen=True)
class Module:
    """One source file and its syntax tree."""

    path: str
    source: str
    tree: ast.Module

    def calls(self) -> Iterator[ast.Call]:
        """Every call in the module."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method in the module."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))

    def names_of(self, module: str, name: str) -> set[str]:
        """What ``name`` imported from ``module`` is called here."""
        return {
            alias.asname or alias.name
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom) and node.module == module
            for alias in node.names
            if alias.name == name
        }


@cache
def modules() -> tuple[Module, ...]:
    """Every source module of the product."""
    files = (path for package in PACKAGES for path in (REPOSITORY / package).rglob("*.py"))
    return tuple(map(_module, sorted(files)))


def _module(path: Path) -> Module:
    source = path.read_text("utf-8")
    return Module(path.relative_to(REPOSITORY).as_posix(), source, ast.parse(source))


def literal(node: ast.AST | None) -> str | None:
    """The text of a string constant; null for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def prefix(node: ast.AST | None) -> str | None:
    """The constant beginning of an f-string; null for anything else."""
    return literal(node.values[0]) if isinstance(node, ast.JoinedStr) and node.values else None


def called(call: ast.Call) -> str | None:
    """The plain name that is called, the last part of a dotted one."""
    match call.func:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
    return None


def keywords(call: ast.Call) -> set[str] | None:
    """The names of a call's keyword arguments; null if it passes more by ``**``."""
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else {name for name in names if name}
