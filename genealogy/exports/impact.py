"""Comparisons and common causes as plain records, and as tables for spreadsheets.

As in ``genealogy.exports.records``: decimals of the data are text, times ISO 8601 in UTC,
unknown values null. Probabilities and ratios are numbers: they are computed here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO

from genealogy.exports.as_csv import cell
from genealogy.exports.digest import digest_of_document
from genealogy.exports.records import (
    Record,
    completeness_record,
    edge_record,
    label_of,
    node_record,
    query_record,
)
from genealogy.impact.question import CauseQuery, ComparisonQuery
from genealogy.impact.statistics import CONTINUITY
from genealogy.model.facts import NodeId
from genealogy.model.names import Label
from genealogy.model.times import from_micros, iso
from genealogy.ports import NodeRow
from genealogy.trace.result import Completeness

if TYPE_CHECKING:
    # These trace, which needs much that a command line without a trace does not.
    from genealogy.impact.cases import Case
    from genealogy.impact.causes import Candidate, CommonCauses
    from genealogy.impact.compare import Comparison
    from genealogy.impact.evidence import Evidence, Volume

COMPARISON_COLUMNS = (
    "completeness", "id", "kind", "code", "name", "product_name", "label", "cases", "distances",
)  # fmt: skip
CAUSE_COLUMNS = (
    "completeness", "rank", "kind", "id", "label", "since", "until", "cases", "goods",
    "cases_hit", "cases_all", "goods_hit", "goods_all", "coverage", "lift", "p_value", "q_value",
    "distance", "tied", "carrier", "tried", "to_cases", "to_goods", "quantity_unknown", "share",
    "times_known", "late", "first", "last",
)  # fmt: skip
_DIGITS = Decimal("0.000001")


def comparison_record(found: Comparison) -> Record:
    """A comparison as one document: question, cases, hits, completeness, digest."""
    told = {
        "query": comparison_query_record(found.query),
        "cases": _cases(found.cases, found.parts),
        "nodes": list(hit_records(found)),
        "completeness": completeness_record(found.completeness),
        "watermark": found.watermark,
    }
    return {**told, "digest": digest_of_document(told)}


def hit_records(found: Comparison) -> Iterator[Record]:
    """The nodes of a comparison, each with the cases that reach it and how far off."""
    for hit in found.hits:
        row = _row(found.rows, hit.node_id)
        product = found.rows.get(row.product_id) if row.product_id else None
        yield {
            **node_record(row),
            "product_name": product.name if product else None,
            "label": label_of(row, product),
            "cases": [found.cases[i].node_id for i in hit.cases],
            "distances": list(hit.distances),
        }


def causes_record(found: CommonCauses) -> Record:
    """An answer about common causes as one document: question, method, candidates, digest."""
    bad = len(found.cases)
    told = {
        "query": cause_query_record(found.query),
        "cases": _cases(found.cases, found.parts[:bad]),
        "goods": _cases(found.goods, found.parts[bad:]),
        "method": method_record(found),
        "candidates": [candidate_record(found, one) for one in found.candidates],
        "completeness": completeness_record(found.completeness),
        "watermark": found.watermark,
    }
    return {**told, "digest": digest_of_document(told)}


def method_record(found: CommonCauses) -> Record:
    """How candidates were ranked; the names are null where nothing could be tested."""
    tests = bool(found.goods)
    return {
        "test": "fisher_exact_one_sided" if tests else None,
        "correction": "benjamini_hochberg" if tests else None,
        "continuity": float(CONTINUITY) if tests else None,
        "ranked_by": "p_value" if tests else "coverage_and_distance",
        "tested": found.tested,
        "found": found.found,
    }


def candidate_record(found: CommonCauses, candidate: Candidate) -> Record:
    """One candidate with its figures and the path from each of its cases."""
    one, times = candidate.ranked, candidate.timing
    return {
        "rank": one.rank,
        "kind": one.subject.kind,
        "id": one.subject.value,
        "label": subject_label(found, candidate),
        "since": _time(one.subject.since),
        "until": _time(one.subject.until),
        "cases": [found.cases[i].node_id for i in one.cases],
        "goods": [found.goods[i].node_id for i in one.goods],
        "coverage": one.coverage,
        "lift": one.lift,
        "p_value": one.p_value,
        "q_value": one.q_value,
        "distance": one.distance,
        "tied": one.tied,
        "carrier": one.carrier,
        "tried": one.tried,
        "volume": _volume(candidate.volume),
        "time": {
            "known": times.known,
            "late": times.late,
            "first": _time(times.first),
            "last": _time(times.last),
        },
        "evidence": [_evidence(found, proof) for proof in candidate.evidence],
    }


def subject_label(found: CommonCauses, candidate: Candidate) -> str:
    """What to call a candidate: a node by code and name, another attribute by its value."""
    value = candidate.ranked.subject.value
    row = found.rows.get(NodeId(value))
    if row is None:
        return value
    return label_of(row, found.rows.get(row.product_id) if row.product_id else None)


def write_comparison_csv(found: Comparison, out: BinaryIO) -> None:
    """Write a comparison as CSV, one node a row."""
    rows = ({**hit, "completeness": found.completeness.state.value} for hit in hit_records(found))
    _write_csv(COMPARISON_COLUMNS, rows, found.completeness, out)


def write_causes_csv(found: CommonCauses, out: BinaryIO) -> None:
    """Write common causes as CSV, one candidate a row; the paths are in the JSON."""
    rows = (_cause_row(found, candidate) for candidate in found.candidates)
    _write_csv(CAUSE_COLUMNS, rows, found.completeness, out)


def _cause_row(found: CommonCauses, candidate: Candidate) -> Record:
    one = candidate_record(found, candidate)
    volume, times = one["volume"], one["time"]
    return {
        **one,
        "completeness": found.completeness.state.value,
        "cases_hit": len(one["cases"]),
        "cases_all": len(found.cases),
        "goods_hit": len(one["goods"]),
        "goods_all": len(found.goods),
        "to_cases": [f"{amount} {uom}".strip() for uom, amount in volume["to_cases"].items()],
        "to_goods": [f"{amount} {uom}".strip() for uom, amount in volume["to_goods"].items()],
        "quantity_unknown": volume["unknown"],
        "share": volume["share"],
        "times_known": times["known"],
        "late": times["late"],
        "first": times["first"],
        "last": times["last"],
    }


def _write_csv(
    columns: Sequence[str], rows: Iterable[Record], lacking: Completeness, out: BinaryIO
) -> None:
    stream = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    table = csv.writer(stream, lineterminator="\r\n")
    table.writerow(columns)
    empty = True
    for row in rows:
        empty = False
        table.writerow(["" if row[name] is None else _cell(row[name]) for name in columns])
    if empty:
        # A table without rows still says whether it is whole.
        table.writerow([lacking.state.value, *([""] * (len(columns) - 1))])
    stream.flush()
    stream.detach()


def _cell(value: object) -> str:
    return cell(list(map(str, value)) if isinstance(value, list) else value)


def _evidence(found: CommonCauses, proof: Evidence) -> Record:
    return {
        "case": found.cases[proof.case].node_id,
        "node": proof.node_id,
        "distance": proof.distance,
        "contributed": _time(proof.contributed),
        "path": list(_path(found, proof)),
    }


def _path(found: CommonCauses, proof: Evidence) -> Iterator[Record]:
    """The steps of a proof from the case's end on, as those of ``path_records``."""
    steps: list[tuple[NodeId, Record | None]] = [
        (node_id, edge_record(found.edges, edge)) for node_id, edge in proof.path
    ]
    for node_id, told in ((_start(found, proof), None), *steps):
        row = _row(found.rows, node_id)
        product = found.rows.get(row.product_id) if row.product_id else None
        yield {"node": node_id, "label": label_of(row, product), "edge": told}


def _start(found: CommonCauses, proof: Evidence) -> NodeId:
    if not proof.path:
        return proof.node_id
    node_id, edge = proof.path[0]
    source, target = found.edges.source[edge], found.edges.target[edge]
    return target if node_id == source else source


def _volume(volume: Volume) -> Record:
    share = volume.share
    return {
        "to_cases": {uom: str(amount) for uom, amount in sorted(volume.to_cases.items())},
        "to_goods": {uom: str(amount) for uom, amount in sorted(volume.to_goods.items())},
        "unknown": volume.unknown,
        "share": None if share is None else str(share.quantize(_DIGITS)),
    }


def _cases(cases: Sequence[Case], parts: Sequence[Completeness]) -> list[Record]:
    return [
        {"id": case.node_id, "seeds": list(case.seeds), "completeness": part.state.value}
        for case, part in zip(cases, parts, strict=True)
    ]


def comparison_query_record(query: ComparisonQuery) -> Record:
    """A question about several cases as understood."""
    asked = {"direction": query.direction, "operation": query.operation.value}
    return {"cases": list(query.cases), **asked, **_terms(query)}


def cause_query_record(query: CauseQuery) -> Record:
    """A question about common causes as understood."""
    asked = {"cases": list(query.cases), "goods": list(query.goods), "limit": query.listed}
    return {**asked, **_terms(query)}


def _terms(query: ComparisonQuery | CauseQuery) -> Record:
    told = query_record(query.terms())
    return {name: value for name, value in told.items() if name not in ("direction", "seeds")}


def _row(rows: Mapping[NodeId, NodeRow], node_id: NodeId) -> NodeRow:
    return rows.get(node_id) or NodeRow(node_id, Label.ENTITY, (), str(node_id), None, (), {})


def _time(micros: int | None) -> str | None:
    return None if micros is None else iso(from_micros(micros))
