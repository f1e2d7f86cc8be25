"""The text catalogue: complete in both languages, no text missing, none left over."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from string import Formatter
from typing import Any

from genealogy import errors
from genealogy.messages import LANGUAGES, catalogue, text
from tests.source_tree import REPOSITORY, Module, called, keywords, literal, modules, prefix

BY_ERRORS = ("error.", "hint.")


def params_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def wanted(key: str) -> set[str]:
    return {name for text in catalogue().get(key, {}).values() for name in params_of(text)}


def name_of(key: str) -> str:
    return key.partition(".")[2].removesuffix("_one")


def error_classes(base: type = errors.LotgraphError) -> Iterator[Any]:
    yield base
    child: type
    for child in base.__subclasses__():
        yield from error_classes(child)


CODE_OF = {cls.__name__: cls.code for cls in error_classes()}


def lookups(module: Module) -> Iterator[ast.Call]:
    """Calls of the catalogue's own function, whatever name it was imported by."""
    names = module.names_of("genealogy.messages", "text")
    return (call for call in module.calls() if called(call) in names and call.args)


def raised(module: Module) -> Iterator[tuple[str, ast.Call]]:
    """Every error made, with its code."""
    for call in module.calls():
        code = CODE_OF.get(called(call) or "")
        if code and not any(isinstance(arg, ast.Starred) for arg in call.args):
            yield (literal(call.args[0]) or "" if call.args else code), call


@cache
def literals() -> frozenset[str]:
    """Every string constant of the product."""
    nodes = (node for module in modules() for node in ast.walk(module.tree))
    return frozenset(text for node in nodes if (text := literal(node)))


@cache
def families(mark: str) -> tuple[str, ...]:
    """How f-strings of the product begin, those that hold the mark."""
    nodes = (node for module in modules() for node in ast.walk(module.tree))
    return tuple({text for node in nodes if (text := prefix(node)) and mark in text})


def test_every_text_speaks_every_language() -> None:
    lacking = {key for key, words in catalogue().items() if set(words) != set(LANGUAGES)}
    empty = {key for key, words in catalogue().items() if not all(words.values())}
    assert (lacking, empty) == (set(), set())


def test_every_language_of_a_text_takes_the_same_parameters() -> None:
    unlike = {
        key
        for key, words in catalogue().items()
        if len({frozenset(params_of(text)) for text in words.values()}) > 1
    }
    assert unlike == set()


def test_one_is_told_in_the_singular_where_there_is_one() -> None:
    assert text("count.nodes", "en", count=1) == "1 node"
    assert text("count.nodes", "en", count=2) == "2 nodes"
    assert text("error.load_aborted", "en", count=1).startswith("Nothing was written: 1 row was")
    assert text("picture.more", "en", count=1) == "… 1 more"


def test_a_singular_belongs_to_a_text_with_a_count() -> None:
    singular = {key.removesuffix("_one") for key in catalogue() if key.endswith("_one")}
    assert {key for key in singular if "count" not in wanted(key)} == set()


def test_no_key_is_filed_twice() -> None:
    files = (REPOSITORY / "genealogy" / "messages").glob("*.toml")
    keys = Counter(
        f"{section}.{key}"
        for file in files
        for section, entries in tomllib.loads(file.read_text("utf-8")).items()
        for key in entries
    )
    assert [key for key, times in keys.items() if times > 1] == []


def test_every_text_asked_for_is_there() -> None:
    missing = [
        (module.path, key)
        for module in modules()
        for call in lookups(module)
        if (key := literal(call.args[0])) and key not in catalogue()
    ]
    assert missing == []


def test_every_family_of_texts_asked_for_is_there() -> None:
    missing = [
        (module.path, begin)
        for module in modules()
        for call in lookups(module)
        if (begin := prefix(call.args[0])) and not any(k.startswith(begin) for k in catalogue())
    ]
    assert missing == []


def test_a_text_gets_all_the_parameters_it_has_room_for() -> None:
    short = [
        (module.path, key, wanted(key) - given)
        for module in modules()
        for call in lookups(module)
        if (key := literal(call.args[0])) and (given := keywords(call)) is not None
        if wanted(key) - given
    ]
    assert short == []


def test_every_text_is_used() -> None:
    # A family such as the reasons of rejects is asked for by the last part of its keys.
    left_over = {
        key
        for key in catalogue()
        if not key.startswith((*families("."), *BY_ERRORS))
        and not {key.removesuffix("_one"), name_of(key)} & literals()
        and not name_of(key).startswith(families("_"))
    }
    assert left_over == set()


def test_every_kind_of_error_has_words() -> None:
    assert {code for code in CODE_OF.values() if f"error.{code}" not in catalogue()} == set()


def test_every_error_raised_has_words() -> None:
    missing = [
        (module.path, code)
        for module in modules()
        for code, _ in raised(module)
        if code and f"error.{code}" not in catalogue()
    ]
    assert missing == []


def test_an_error_carries_all_that_its_words_say() -> None:
    short = [
        (module.path, code, lacking)
        for module in modules()
        for code, call in raised(module)
        if code and (given := keywords(call)) is not None
        if (lacking := (wanted(f"error.{code}") | wanted(f"hint.{code}")) - given)
    ]
    assert short == []


def test_words_for_errors_are_for_errors_that_happen() -> None:
    made = {code for module in modules() for code, _ in raised(module)} | set(CODE_OF.values())
    filed = {name_of(key) for key in catalogue() if key.startswith(BY_ERRORS)}
    built = {code for code in filed if code.startswith(families("_"))}
    assert filed - made - built - literals() == set()


def test_a_way_out_belongs_to_an_error() -> None:
    hints = {name_of(key) for key in catalogue() if key.startswith("hint.")}
    assert {code for code in hints if f"error.{code}" not in catalogue()} == set()
