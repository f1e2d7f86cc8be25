"""The formats a trace can be written in: one entry each, read by the command line and the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from genealogy.exports import as_csv, as_fcl, as_graphml, as_json, as_ndjson, as_svg
from genealogy.trace.result import Trace


@dataclass(frozen=True, slots=True)
class Export:
    """A format: its name, its title in English, its file name ending and media type.

    ``write`` puts the whole answer, completeness included, on a binary stream. ``parts``,
    where there is such, are the pieces that it puts there; given the digest of the answer
    it need not be worked out again.
    """

    name: str
    title: str
    suffix: str
    media_type: str
    write: Callable[[Trace, BinaryIO], None]
    parts: Callable[[Trace, str | None], Iterator[bytes]] | None = None


EXPORTS = {
    export.name: export
    for export in (
        Export("json", "JSON document", ".json", "application/json", as_json.write, as_json.parts),
        Export(
            "ndjson",
            "JSON lines",
            ".ndjson",
            "application/x-ndjson",
            as_ndjson.write,
            as_ndjson.parts,
        ),
        Export("csv", "CSV for spreadsheets", ".csv", "text/csv", as_csv.write),
        Export("graphml", "GraphML", ".graphml", "application/graphml+xml", as_graphml.write),
        Export(
            "fcl",
            "FoodChain-Lab (FCL-Web JSON)",
            ".fcl",
            "application/vnd.foodchain-lab+json",
            as_fcl.write,
        ),
        Export("svg", "Picture (SVG)", ".svg", "image/svg+xml", as_svg.write),
    )
}
