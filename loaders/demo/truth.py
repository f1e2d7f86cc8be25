"""Planted causes and what they really affect, as the generator's books have it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loaders.demo.clock import written

#: How ids of each kind begin; what matches nothing here is a lot.
_KINDS = (
    ("items", ("item:",)),
    ("units", ("(00)", "unit:")),
    ("batches", ("batch:",)),
    ("shipments", ("shipment:",)),
    ("customers", ("party:",)),
    ("places", ("place:",)),
)

FILE = "truth.json"


@dataclass(slots=True)
class Cause:
    """One planted cause: where it starts, from when, and all it reaches (minute of arrival)."""

    name: str
    title: str
    title_zh: str
    about: dict[str, str] = field(default_factory=dict)
    seeds: dict[str, int] = field(default_factory=dict)
    reached: dict[str, int] = field(default_factory=dict)

    def seed(self, ref: str, at: int) -> None:
        """Let the cause start at a node from a minute on."""
        self.seeds[ref] = at

    def reach(self, ref: str, at: int) -> None:
        """Note that the cause reached a node at a minute."""
        self.reached[ref] = at

    def affected(self) -> dict[str, list[str]]:
        """What is affected beside the seeds, by kind, sorted."""
        kinds: dict[str, list[str]] = {"lots": [], **{kind: [] for kind, _ in _KINDS}}
        for ref in sorted(self.reached.keys() - self.seeds.keys()):
            kinds[kind_of(ref)].append(ref)
        return kinds

    def as_json(self) -> dict[str, Any]:
        """The cause as it stands in the truth file."""
        seeds = [{"id": ref, "since": written(at)} for ref, at in sorted(self.seeds.items())]
        words = {"name": self.name, "title": self.title, "title_zh": self.title_zh}
        return {**words, "about": self.about, "seeds": seeds, "affected": self.affected()}


@dataclass(frozen=True, slots=True)
class Truth:
    """What a generated company is known to hold.

    ``suspect_lot`` is the bad supplier lot to trace forward; ``complaint_lot`` a
    finished lot it reached, about which ``complaint`` was made, to trace backward.
    """

    seed: int
    scale: float
    flows: int
    suspect_lot: str
    complaint_lot: str
    complaint: str
    causes: tuple[Cause, ...]

    def as_json(self) -> dict[str, Any]:
        """The content of the truth file."""
        names = ("seed", "scale", "flows", "suspect_lot", "complaint_lot", "complaint")
        plain = {name: getattr(self, name) for name in names}
        return {**plain, "causes": [cause.as_json() for cause in self.causes]}

    def write(self, folder: Path) -> None:
        """Write the truth file beside the tables."""
        text = json.dumps(self.as_json(), ensure_ascii=False, indent=1) + "\n"
        (folder / FILE).write_text(text, encoding="utf-8", newline="\n")


def kind_of(ref: str) -> str:
    """The heading under which the truth file lists a node."""
    if ref.startswith("(01)") and "(21)" in ref:
        return "items"
    return next((kind for kind, starts in _KINDS if ref.startswith(starts)), "lots")
