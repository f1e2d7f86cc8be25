"""``lotgraph load``: take in a file or folder of records."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import Exit
from cli.session import Session, session_of
from cli.tables import print_table, terminal
from cli.words import counted
from genealogy.errors import LoadAborted
from genealogy.messages import text

if TYPE_CHECKING:
    from loaders.report import Count, Loaded, Progress, Remark

COLUMNS = ("file", "read", "accepted", "duplicates", "rejected", "new", "changed", "unchanged")
SAMPLES = 10


def load(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help=text("option.load_path"), metavar="PATH")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help=text("option.dry_run"))] = False,
    strict: Annotated[bool, typer.Option("--strict", help=text("option.strict"))] = False,
    source_system: Annotated[
        str | None,
        typer.Option("--source-system", metavar="NAME", help=text("option.source_system")),
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", metavar="FILE", help=text("option.rejects"))
    ] = None,
) -> None:
    """Load a file, folder or zip; leaves with DATA_QUALITY when records were rejected."""
    from loaders.run import load as load_path

    session = session_of(context)
    try:
        with session.open() as engine, progress_bar(session) as progress:
            loaded = load_path(
                path,
                engine.sink(),
                engine.book,
                source_system=source_system,
                dry_run=dry_run,
                strict=strict,
                rejects_path=rejects or (None if dry_run else default_rejects(path)),
                progress=progress,
            )
    except LoadAborted as error:
        say_rejects(session, error.params["loaded"])
        raise _refused(error.params["loaded"]) from None
    report(session, loaded)
    if not loaded.clean:
        raise typer.Exit(Exit.DATA_QUALITY)


def default_rejects(path: Path) -> Path:
    """Where rejects go unless a file is named: beside the current folder's other files."""
    return Path(f"{path.resolve().name}.rejects.csv")


def report(session: Session, loaded: Loaded) -> None:
    """Print the counts of each file, then what was refused and why."""
    rows = [_row(file, count) for file, count in sorted(loaded.counts.items())]
    print_table(COLUMNS, rows, right=frozenset(COLUMNS[1:]))
    for remark in loaded.remarks:
        session.warn(_words(remark))
    if not loaded.clean:
        say_rejects(session, loaded)
    if loaded.dry_run:
        session.warn(text("cli.dry_run"))


def say_rejects(session: Session, loaded: Loaded) -> None:
    """Tell the first reasons to reject records, how many there are, and which file has them all."""
    for reject in loaded.samples[:SAMPLES]:
        session.warn(text("cli.reject", reason=_words(reject), hint=reject.hint()))
    told = counted("reasons", loaded.rejects)
    if loaded.rejects_path is None:
        session.warn(text("cli.rejects_unkept", reasons=told))
    else:
        session.warn(text("cli.rejects", reasons=told, path=loaded.rejects_path))


def _refused(loaded: Loaded) -> LoadAborted:
    reasons, rows = counted("reasons", loaded.rejects), counted("rows", loaded.total.rejected)
    if loaded.rejects_path is None:
        return LoadAborted("strict_check", reasons=reasons, rows=rows)
    return LoadAborted("strict_load", reasons=reasons, rows=rows, path=loaded.rejects_path)


@contextmanager
def progress_bar(session: Session) -> Iterator[Progress | None]:
    """A bar on standard error that grows with the bytes read; none when nobody watches."""
    if session.quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=terminal(sys.stderr), transient=True) as bar:
        task = bar.add_task(text("cli.loading"), total=None)

        def tell(file: str, done: int, total: int) -> None:
            bar.update(task, description=Path(file).name, completed=done, total=total)

        yield tell


def _row(file: str, count: Count) -> tuple[str, ...]:
    written = count.written
    new = written.nodes_new + written.flows_new + written.links_new
    changed = written.nodes_changed + written.flows_changed
    numbers = (count.read, count.accepted, count.duplicates, count.rejected, new, changed)
    return (file, *map(str, numbers), str(written.unchanged))


def _words(remark: Remark) -> str:
    place = [remark.file, str(remark.line or ""), remark.field or ""]
    return f"{':'.join(filter(None, place))}: {remark.reason()}"
