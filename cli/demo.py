"""``lotgraph demo``: the demo company, generated, loaded and traced."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from cli.answers import Form, incompleteness, print_rows, summary
from cli.exits import Exit
from cli.load import progress_bar
from cli.session import Session, configured, say, session_of
from cli.words import counted
from genealogy.exports.files import write_file
from genealogy.exports.registry import EXPORTS
from genealogy.messages import text
from genealogy.trace.result import State, Trace, TraceDirection, TraceQuery

if TYPE_CHECKING:
    from genealogy.bootstrap import Lotgraph
    from loaders.report import Loaded

#: Up to here no two shipments of the company get one number.
LARGEST_SCALE = 1_000
FORMATS = ("graphml", "csv", "svg")
ROWS = 12

command = typer.Typer(no_args_is_help=True, help=text("help.demo"))

Seed = Annotated[int, typer.Option("--seed", help=text("option.demo_seed"))]
Scale = Annotated[
    float,
    typer.Option("--scale", min=0.01, max=LARGEST_SCALE, help=text("option.demo_scale")),
]


@dataclass(frozen=True, slots=True)
class Plot:
    """What the demo company is known to hold: the bad supplier lot, and a lot complained about."""

    suspect: str
    complained: str


@command.command(help=text("help.demo_generate"))
def generate(
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help=text("option.demo_out"))],
    seed: Seed = 1,
    scale: Scale = 1.0,
) -> None:
    """Write the tables of the demo company and its truth file."""
    from loaders.demo.generate import generate as write_company

    truth = write_company(out, seed=seed, scale=scale)
    say(text("cli.demo_generated", flows=truth.flows, folder=out))


@command.command(help=text("help.demo_run"))
def run(
    context: typer.Context,
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help=text("option.demo_results"))
    ] = Path("out"),
    seed: Seed = 1,
    scale: Scale = 1.0,
) -> None:
    """Generate and load the company, trace it both ways, write the files, say what to try next."""
    started = time.monotonic()
    session = session_of(context)
    folder = _company(configured().data_dir, seed, scale)
    plot = _plot(folder)
    with session.open() as engine:
        _load(session, engine, folder)
        affected = _show(engine, plot.suspect, "forward", out / "suspect-forward")
        _show(engine, plot.complained, "backward", out / "complaint-backward")
    say(text("cli.demo_done", seconds=f"{time.monotonic() - started:.1f}"))
    say(text("cli.demo_next"))
    for line in _next_commands(plot, affected, out):
        say(f"  {line}")


def _company(data_dir: Path, seed: int, scale: float) -> Path:
    """The folder of the generated company; generated only when it is not there yet."""
    folder = data_dir / "demo" / f"seed-{seed}-scale-{scale:g}"
    if (folder / "truth.json").exists():
        say(text("cli.demo_known", folder=folder))
        return folder
    generate(folder, seed, scale)
    return folder


def _plot(folder: Path) -> Plot:
    truth = orjson.loads((folder / "truth.json").read_bytes())
    return Plot(truth["suspect_lot"], truth["complaint_lot"])


def _load(session: Session, engine: Lotgraph, folder: Path) -> None:
    from loaders.run import load

    started = time.monotonic()
    say(text("cli.demo_loading"))
    with progress_bar(session) as progress:
        loaded = load(
            folder,
            engine.sink(),
            engine.book,
            source_system="demo",
            rejects_path=folder.with_suffix(".rejects.csv"),
            progress=progress,
        )
    say(loaded_words(loaded, time.monotonic() - started))
    if not loaded.clean:
        raise typer.Exit(Exit.DATA_QUALITY)


def loaded_words(loaded: Loaded, seconds: float) -> str:
    """What a load has changed, in one line."""
    written = loaded.written
    new = written.nodes_new + written.flows_new + written.links_new
    changed = written.nodes_changed + written.flows_changed
    if loaded.clean and not new + changed:
        return text("cli.demo_unchanged", read=loaded.total.read, seconds=f"{seconds:.1f}")
    return text(
        "cli.demo_loaded",
        read=loaded.total.read,
        rejected=loaded.total.rejected,
        new=new,
        changed=changed,
        seconds=f"{seconds:.1f}",
    )


def _show(engine: Lotgraph, seed: str, direction: TraceDirection, stem: Path) -> Trace:
    started = time.monotonic()
    trace = engine.trace(TraceQuery((engine.resolve(seed),), direction))
    say("")
    say(f"{seed}  {summary(trace, time.monotonic() - started)}")
    rest = print_rows(trace, Form(aligned=True, limit=ROWS))
    sys.stdout.flush()
    if trace.completeness.state is not State.COMPLETE:
        say(f"! {incompleteness(trace.completeness)}")
    written = {path.suffix: path for path in _write(trace, stem)}
    if rest:
        say(text("cli.demo_more", rows=counted("more_rows", rest), path=written[".csv"]))
    say(text("cli.written", path=", ".join(map(str, written.values()))))
    return trace


def _write(trace: Trace, stem: Path) -> Iterator[Path]:
    for name in FORMATS:
        path = stem.with_suffix(EXPORTS[name].suffix)
        write_file(EXPORTS[name], trace, path)
        yield path


def _next_commands(plot: Plot, affected: Trace, out: Path) -> Iterator[str]:
    program, suspect = _program(), shlex.quote(plot.suspect)
    last = shlex.quote(list(affected.node_ids())[-1])
    yield f"{program} why {last} --from {suspect}"
    yield f"{program} trace both {shlex.quote(plot.complained)} -o {out / 'complaint-both.svg'}"
    yield f"{program} serve"


def _program() -> str:
    """How this program was called, as short as it can be typed."""
    called = Path(sys.argv[0])
    here = Path.cwd()
    if called.name != "lotgraph" or not called.is_relative_to(here):
        return "lotgraph" if called.is_absolute() else str(called)
    return str(called.relative_to(here))
