"""``lotgraph verify``: whether an exported answer is the one that was given; needs no database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from cli.exits import Exit
from cli.session import session_of
from cli.tables import inert, print_table
from genealogy.errors import InvalidInput
from genealogy.exports.digest import digest_of_document
from genealogy.messages import text

COLUMNS = ("file", "digest", "result")


def verify(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help=text("option.verify"), metavar="FILE…")],
) -> None:
    """Compare answers in JSON or JSON lines with the digests they state."""
    session = session_of(context)
    found = [(path, *_digests(path)) for path in files]
    rows = [(str(path), actual, _result(actual == told)) for path, actual, told in found]
    print_table(COLUMNS, rows)
    if altered := [path for path, actual, told in found if actual != told]:
        for path in altered:
            session.warn(text("cli.altered", path=inert(str(path))))
        raise typer.Exit(Exit.FAILURE)


def _result(same: bool) -> str:
    return "unaltered" if same else "altered"


def _digests(path: Path) -> tuple[str, str]:
    """The digest of an answer, and the one that it states."""
    try:
        document = _document(path.read_bytes())
        return digest_of_document(document), str(document["digest"])
    except OSError as error:
        raise InvalidInput("unreadable_file", file=str(path), reason=error.strerror) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput("no_answer", file=str(path)) from error


def _document(body: bytes) -> Mapping[str, Any]:
    """The answer as one document, whichever of the two forms it was written in."""
    first, _, rest = body.partition(b"\n")
    if not first.startswith(b'{"record":'):
        found: Mapping[str, Any] = orjson.loads(body)
        return found
    lines = [orjson.loads(line) for line in (first, *rest.splitlines())]
    records: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        records.setdefault(line.pop("record"), []).append(line)
    [head], [end] = records["trace"], records["end"]
    parts = {"nodes": records.get("node", []), "edges": records.get("edge", [])}
    return {**head, **parts, "digest": end["digest"]}
