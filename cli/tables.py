"""Tables: aligned and coloured on a terminal, plain tab-separated text when piped."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from genealogy.exports.xml_text import xml_safe
from genealogy.messages import text

if TYPE_CHECKING:
    from rich.console import Console

_BREAKS = re.compile(r"[\t\n\r\x0b\x0c\x85\u2028\u2029]+")
# C1 controls and direction overrides can repaint a terminal as control characters can.
_TRICKS = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

Row = Sequence[str]


def print_table(
    names: Sequence[str],
    rows: Iterable[Row],
    *,
    headers: bool = True,
    table: bool = False,
    right: frozenset[str] = frozenset(),
    out: TextIO | None = None,
) -> None:
    """Print rows under their column names.

    Headings of an aligned table follow the language; those of tab-separated
    text are the names. ``table`` aligns even when piped.
    """
    stream = out or sys.stdout
    if table or stream.isatty():
        _print_aligned(stream, names, rows, headers, right)
    else:
        stream.writelines(tabbed(names, rows, headers=headers))


def inert(words: str) -> str:
    """Text on one line, without characters that would steer a terminal."""
    return _TRICKS.sub("\ufffd", xml_safe(_BREAKS.sub(" ", words)))


def tabbed(names: Sequence[str], rows: Iterable[Row], *, headers: bool = True) -> Iterator[str]:
    """Tab-separated lines: one a row, nothing cut."""
    if headers:
        yield "\t".join(names) + "\n"
    for row in rows:
        yield "\t".join(inert(cell) for cell in row) + "\n"


def _print_aligned(
    stream: TextIO, names: Sequence[str], rows: Iterable[Row], headers: bool, right: frozenset[str]
) -> None:
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, show_header=headers, pad_edge=False, header_style="bold")
    for name in names:
        heading = text(f"column.{name}", default=name).upper()
        side = "right" if name in right else "left"
        drawn.add_column(Text(heading), justify=side, overflow="ellipsis", no_wrap=True)  # type: ignore[arg-type]
    for row in rows:
        drawn.add_row(*(Text(inert(cell)) for cell in row))
    console = terminal(stream)
    # Piped, there is no edge to cut at: what was asked for as a table stays whole.
    width = console.width if stream.isatty() else console.measure(drawn).maximum
    console.print(drawn, width=width, crop=False)


def terminal(stream: TextIO) -> Console:
    """A console on a stream; colour on terminals only, NO_COLOR honoured."""
    from rich.console import Console

    wide = None if stream.isatty() else 10_000
    return Console(file=stream, highlight=False, width=wide)
