"""``lotgraph why-not``: what keeps a node out of a trace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from cli import options
from cli.answers import tell_remarks
from cli.lookup import print_json
from cli.questions import Terms, question_about, resolve, starts
from cli.session import Session, session_of
from cli.tables import print_table
from cli.terms import SINCE_UNTIL, with_terms
from genealogy.exports.records import Record
from genealogy.messages import text

OBSTACLES = ("obstacle", "node", "explanation")
ENDS = ("side", "node", "distance", "gaps")


@with_terms(SINCE_UNTIL)
def why_not(
    context: typer.Context,
    *,
    terms: Terms,
    node: Annotated[str, typer.Argument(help=text("option.why_not_node"), metavar="NODE")],
    seed: options.Seeds = None,
    direction: options.Direction = "both",
    json: options.Json = False,
    no_headers: options.NoHeaders = False,
) -> None:
    """Print what would have to be otherwise for a trace to reach a node."""
    # What these need takes longer to import than most commands to run.
    from genealogy.exports.why_not import why_not_record

    session = session_of(context)
    with session.open() as engine:
        target = resolve(engine, node)
        query = question_about(engine, direction, starts(seed, terms), terms)
        told = why_not_record(engine.why_not(query, target))
        if query.carry_over or query.clock_tolerance:
            tell_remarks(session, engine.remarks(engine.trace(query)))
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
    session.warn(text("obstacle.missing", seed=_seeds(told), node=told["to"]))
    print_table(ENDS, _end_rows(missing), headers=headers, right=frozenset({"distance"}))
    for name, side in missing.items():
        if more := side["ends_total"] - len(side["ends"]):
            words = text(f"obstacle.from_{name}")
            session.warn(text("obstacle.more_ends", side=words, count=more))


def _seeds(told: Record) -> str:
    """The seed, or how many there are."""
    if one := told["missing"]["seed"]["node"]:
        return str(one)
    if told["query"].get("windows"):
        return text("obstacle.windows")
    return text("obstacle.seeds", count=len(told["query"]["seeds"]))


def _obstacle_rows(told: Record) -> Iterator[tuple[str, str, str]]:
    from genealogy.exports.why_not import obstacle_words

    for obstacle in told["obstacles"]:
        yield obstacle["kind"], obstacle["node"] or "", obstacle_words(obstacle, told["query"])


def _end_rows(missing: Record) -> Iterator[tuple[str, str, str, str]]:
    for name, side in missing.items():
        for end in side["ends"]:
            gaps = ", ".join(end["gaps"]) or text("obstacle.no_records")
            yield text(f"obstacle.from_{name}"), end["node"], str(end["distance"]), gaps
