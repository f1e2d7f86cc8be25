"""User-facing text in English and Chinese, from one catalogue: the ``*.toml`` files here."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("en", "zh")


def session_language() -> str:
    """The language of this process: ``LOTGRAPH_LANG``, else English."""
    wanted = os.environ.get("LOTGRAPH_LANG", "en").lower()[:2]
    return wanted if wanted in LANGUAGES else "en"


def text(
    key: str, language: str | None = None, /, *, default: str | None = None, **params: Any
) -> str:
    """The words filed under ``section.key`` with ``params`` filled in.

    Where the parameter ``count`` is 1, those under ``section.key_one`` if there are some.
    Raises KeyError when the catalogue has no such key and no default is given:
    a missing text is a defect, never an empty line.
    """
    one = catalogue().get(f"{key}_one") if params.get("count") == 1 else None
    entry = one or catalogue().get(key)
    if entry is None:
        if default is None:
            raise KeyError(f"no text is filed under {key!r}")
        return default
    return entry[language or session_language()].format_map(params)


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every text by its key, then by language."""
    files = (f for f in resources.files(__package__).iterdir() if f.name.endswith(".toml"))
    return {
        f"{section}.{key}": words
        for file in files
        for section, entries in tomllib.loads(file.read_text("utf-8")).items()
        for key, words in entries.items()
    }
