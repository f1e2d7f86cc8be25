"""``lotgraph why-not``: what keeps a node out of a trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import typer

from cli import options
from cli.lookup import print_json
from cli.questions import Asked, moment, question, resolve
from cli.session import Session, session_of
from cli.tables import print_table
from genealogy.exports.records import Record
from genealogy.messages import text
from genealogy.trace.result import Mode

OBSTACLES = ("obstacle", "node", "explanation")
ENDS = ("side", "node", "distance", "gaps")
Direction = Literal["forward", "backward", "both"]


def why_not(
    context: typer.Context,
    node: Annotated[str, typer.Argument(help=text("option.why_not_node"), metavar="NODE")],
    seed: Annotated[str, typer.Option("--from", metavar="SEED", help=text("option.why_from"))],
    direction: Annotated[
        Direction, typer.Option("--direction", help=text("option.why_not_direction"))
    ] = "both",
    mode: options.ModeOption = Mode.EXACT,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help=text("option.why_not_since"))
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help=text("option.why_not_until"))
    ] = None,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
    stop: options.Stop = None,
    max_depth: options.MaxDepth = None,
    clock_tolerance: options.ClockTolerance = None,
    json: options.Json = False,
    no_headers: options.NoHeaders = False,
) -> None:
    """Print what would have to be otherwise for a trace to reach a node."""
    # What these need takes longer to import than most commands to run.
    from genealogy.exports.why_not import why_not_record

    clocks = tuple(clock_tolerance or ())
    asked = Asked(
        direction, (seed,), mode, as_of, known_at, tuple(stop or ()), max_depth,
        clock_tolerance=clocks,
    )  # fmt: skip
    session = session_of(context)
    with session.open() as engine:
        target = resolve(engine, node)
        times = moment(since, "--since"), moment(until, "--until")
        told = why_not_record(engine.why_not(question(engine, asked), target, *times))
    if json:
        print_json(told)
    else:
        _print(session, told, headers=not no_headers)


def _print(session: Session, told: Record, *, headers: bool) -> None:
    if told["reached"]:
        session.warn(text("obstacle.reached", node=told["to"]))
    missing = told["missing"]
    if missing is None:
        print_table(OBSTACLES, _obstacle_rows(told), headers=headers)
        return
    seed = missing["seed"]["node"]
    session.warn(text("obstacle.missing", seed=seed, node=told["to"]))
    print_table(ENDS, _end_rows(missing), headers=headers, right=frozenset({"distance"}))
    for name, side in missing.items():
        if more := side["ends_total"] - len(side["ends"]):
            words = text(f"obstacle.from_{name}")
            session.warn(text("obstacle.more_ends", side=words, count=more))


def _obstacle_rows(told: Record) -> Iterator[tuple[str, str, str]]:
    from genealogy.exports.why_not import obstacle_words

    for obstacle in told["obstacles"]:
        yield obstacle["kind"], obstacle["node"] or "", obstacle_words(obstacle, told["query"])


def _end_rows(missing: Record) -> Iterator[tuple[str, str, str, str]]:
    for name, side in missing.items():
        for end in side["ends"]:
            gaps = ", ".join(end["gaps"]) or text("obstacle.no_records")
            yield text(f"obstacle.from_{name}"), end["node"], str(end["distance"]), gaps
