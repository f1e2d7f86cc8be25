"""One question, two front ends, the same bytes."""

from __future__ import annotations

import pytest

from genealogy.exports.registry import EXPORTS
from tests.api.clients import asked, client
from tests.cli.command import Command
from tests.small_company import GOODS, RAW, SUPPLIER, TUBING

KNOWN_AT = "2026-03-15T00:00:00Z"
QUESTIONS = {
    "forward": ("forward", (SUPPLIER,), {}),
    "backward": ("backward", ("FG1183",), {}),
    "both": ("both", (TUBING,), {"mode": "conservative"}),
    "as_of": ("forward", (RAW,), {"as_of": "2026-03-01T13:30:00+08:00"}),
    "amounts": ("forward", (RAW,), {"quantities": True}),
    "diluted": ("forward", (RAW,), {"quantities": True, "dilution": "0.001"}),
    "stopped": ("forward", (RAW, GOODS), {"stops": ["T2201"], "max_depth": 4}),
}


@pytest.mark.parametrize("name", EXPORTS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_command_line_and_api_answer_alike(lotgraph: Command, question: str, name: str) -> None:
    direction, seeds, more = QUESTIONS[question]
    options = [o for key, value in more.items() for o in option(key, value)]
    typed = lotgraph(
        "trace", direction, *seeds, "--known-at", KNOWN_AT, *options, "-f", name, "--allow-partial"
    )
    api = client()
    made = asked(api, *seeds, direction=direction, known_at=KNOWN_AT, **more).json()
    assert typed.out.encode() == api.get(made["formats"][name]).content


def option(key: str, value: object) -> list[str]:
    """The command line's way to give one value of a request body."""
    if key == "stops":
        assert isinstance(value, list)
        return [word for stop in value for word in ("--stop", stop)]
    if value is True:
        return [f"--{key}"]
    return [f"--{key.replace('_', '-')}", str(value)]
