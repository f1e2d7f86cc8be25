"""Variables that look like settings and are none, so that a misspelt one is not lost in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

PREFIX = "LOTGRAPH_"
#: Read elsewhere than in the settings.
BESIDE_SETTINGS = ("LOTGRAPH_DEBUG",)
#: Set so often that help need not load the settings for them.
_COMMON = frozenset({"LOTGRAPH_LANG", *BESIDE_SETTINGS})
_ALIKE = 0.7


def misspelt(variables: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each variable that is no setting but resembles one, and that one.

    A variable that resembles none belongs to another program and is left alone.
    """
    ours = sorted(name for name in variables if name.startswith(PREFIX) and name not in _COMMON)
    if not ours:
        return
    known = _known()
    for name in ours:
        short = name.removeprefix(PREFIX)
        if short not in known and (near := get_close_matches(short, known, 1, _ALIKE)):
            yield name, PREFIX + near[0]


def _known() -> list[str]:
    from genealogy.settings import Settings

    beside = (name.removeprefix(PREFIX) for name in BESIDE_SETTINGS)
    return [*(name.upper() for name in Settings.model_fields), *beside]
