"""``lotgraph verify``: whether an exported answer is the one that was given; needs no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from cli.exits import Exit
from cli.session import session_of
from cli.tables import inert, print_table
from genealogy.errors import InvalidInput
from genealogy.exports.digest import digest_of_document, members_of
from genealogy.messages import text

COLUMNS = ("file", "digest", "result")


@dataclass(frozen=True, slots=True)
class _Checked:
    """A file, the digest of its answer and what that is over, and how the file was found."""

    path: Path
    result: str
    words: str = ""
    digest: str = ""
    covers: tuple[str, ...] = ()

    def row(self) -> tuple[str, ...]:
        return str(self.path), self.digest, self.result


def verify(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(help=text("option.verify"), metavar="FILE…")],
) -> None:
    """Compare answers in JSON or JSON lines with the digests they state."""
    session = session_of(context)
    check = _check if len(files) == 1 else _check_of_many
    found = [check(path) for path in files]
    print_table(COLUMNS, [one.row() for one in found])
    for covers in dict.fromkeys(one.covers for one in found if one.covers):
        session.warn(text("cli.digest_covers", members=", ".join(covers)))
    if bad := [one for one in found if one.result != "unaltered"]:
        for one in bad:
            session.warn(inert(one.words))
        raise typer.Exit(Exit.FAILURE)


def _check_of_many(path: Path) -> _Checked:
    """The same, where a file that cannot be read must not hide what others are."""
    try:
        return _check(path)
    except InvalidInput as error:
        result = "cut" if error.error_code == "cut_answer" else "unreadable"
        return _Checked(path, result, error.message())


def _check(path: Path) -> _Checked:
    """How a file stands to the digest that it states; raises InvalidInput if it has none."""
    try:
        document = _document(path.read_bytes())
        actual, told = digest_of_document(document), str(document["digest"])
    except OSError as error:
        raise InvalidInput("unreadable_file", file=str(path), reason=error.strerror) from error
    except _Cut as error:
        raise InvalidInput("cut_answer", file=str(path)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput("no_answer", file=str(path)) from error
    covers = members_of(document)
    if actual == told:
        return _Checked(path, "unaltered", "", actual, covers)
    return _Checked(path, "altered", text("cli.altered", path=str(path)), actual, covers)


class _Cut(ValueError):
    """More would have to follow."""


def _parsed(body: bytes) -> Any:
    """What JSON tells. Raises _Cut where it ends too early, and ValueError."""
    try:
        return orjson.loads(body)
    except ValueError as error:
        if _ends_early(body):
            raise _Cut from error
        raise


def _ends_early(body: bytes) -> bool:
    try:
        # The last character may be cut, too.
        orjson.loads(body.decode("utf-8", "ignore"))
    except orjson.JSONDecodeError as error:
        return 0 < len(error.doc) <= error.pos
    return True


def _document(body: bytes) -> Mapping[str, Any]:
    """The answer as one document, whichever of the two forms it was written in."""
    first, _, rest = body.partition(b"\n")
    if not first.startswith(b'{"record":'):
        found: Mapping[str, Any] = _parsed(body)
        return found
    lines = [_parsed(line) for line in (first, *rest.splitlines())]
    records: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        records.setdefault(line.pop("record"), []).append(line)
    if "end" not in records and "query" in records["trace"][0]:
        raise _Cut
    [head], [end] = records["trace"], records["end"]
    parts = {"nodes": records.get("node", []), "edges": records.get("edge", [])}
    return {**head, **parts, "digest": end["digest"]}
