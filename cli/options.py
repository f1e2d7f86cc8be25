"""Options that several commands share, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from genealogy.messages import text
from genealogy.trace.result import Mode

MOST_STEPS = 1_000_000
MOST_PATHS = 100
MOST_ROWS = 1_000_000_000

Ids = Annotated[list[str], typer.Argument(help=text("option.ids"), metavar="ID…|-")]
WindowIds = Annotated[list[str] | None, typer.Argument(help=text("option.ids"), metavar="ID…|-")]
Place = Annotated[
    list[str] | None, typer.Option("--place", metavar="ID", help=text("option.place"))
]
Equipment = Annotated[
    list[str] | None, typer.Option("--equipment", metavar="ID", help=text("option.equipment"))
]
Supplier = Annotated[
    list[str] | None, typer.Option("--supplier", metavar="ID", help=text("option.supplier"))
]
Product = Annotated[
    list[str] | None, typer.Option("--product", metavar="ID", help=text("option.product"))
]
Event = Annotated[
    list[str] | None, typer.Option("--event", metavar="ID", help=text("option.event"))
]
From = Annotated[
    str | None, typer.Option("--from", "--since", metavar="TIME", help=text("option.from"))
]
To = Annotated[str | None, typer.Option("--to", "--until", metavar="TIME", help=text("option.to"))]
Since = Annotated[str | None, typer.Option("--since", metavar="TIME", help=text("option.since"))]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help=text("option.until"))]
Seeds = Annotated[
    list[str] | None, typer.Option("--from", metavar="SEED|-", help=text("option.why_from"))
]
Direction = Annotated[
    Literal["forward", "backward", "both"],
    typer.Option("--direction", help=text("option.why_direction")),
]
CarryOver = Annotated[
    list[str] | None,
    typer.Option("--carry-over", metavar="[CLASS=]72h", help=text("option.carry_over")),
]
Revision = Annotated[
    str | None, typer.Option("--revision", metavar="NAME", help=text("option.revision"))
]
ModeOption = Annotated[Mode, typer.Option("--mode", help=text("option.mode"))]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="TIME", help=text("option.as_of"))]
KnownAt = Annotated[
    str | None, typer.Option("--known-at", metavar="TIME", help=text("option.known_at"))
]
Stop = Annotated[list[str] | None, typer.Option("--stop", metavar="ID", help=text("option.stop"))]
MaxDepth = Annotated[
    int | None,
    typer.Option("--max-depth", min=0, max=MOST_STEPS, metavar="N", help=text("option.max_depth")),
]
Quantities = Annotated[bool, typer.Option("--quantities", help=text("option.quantities"))]
Dilution = Annotated[
    str | None, typer.Option("--dilution", metavar="FRACTION", help=text("option.dilution"))
]
ClockTolerance = Annotated[
    list[str] | None,
    typer.Option("--clock-tolerance", metavar="SYSTEM=5m", help=text("option.clock_tolerance")),
]
Paths = Annotated[
    int, typer.Option("--paths", min=1, max=MOST_PATHS, metavar="K", help=text("option.paths"))
]
Format = Annotated[str | None, typer.Option("--format", "-f", help=text("option.format"))]
Json = Annotated[bool, typer.Option("--json", help=text("option.json"))]
JsonLines = Annotated[bool, typer.Option("--nl", help=text("option.nl"))]
Csv = Annotated[bool, typer.Option("--csv", help=text("option.csv"))]
Table = Annotated[bool, typer.Option("--table", "-t", help=text("option.table"))]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help=text("option.output"))
]
Limit = Annotated[
    int | None,
    typer.Option("--limit", min=0, max=MOST_ROWS, metavar="N", help=text("option.limit")),
]
Fields = Annotated[
    str | None, typer.Option("--fields", metavar="NAME,…", help=text("option.fields"))
]
NoHeaders = Annotated[bool, typer.Option("--no-headers", help=text("option.no_headers"))]
AllowPartial = Annotated[bool, typer.Option("--allow-partial", help=text("option.allow_partial"))]
Yes = Annotated[bool, typer.Option("--yes", "-y", help=text("option.yes"))]
