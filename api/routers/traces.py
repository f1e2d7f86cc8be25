"""Stored traces: asked once, then read whole, in parts, or in any export format."""

from __future__ import annotations

import re
from collections.abc import Callable, Sized
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from api import names, questions, whole
from api.archive import Stored
from api.deps import Engine, Language, Traces, Work, json_only
from api.errors import ArrowMissing, InvalidBody, RefusedRequest
from api.jobs import Jobs
from api.negotiation import acceptable, best_of
from api.openapi import described
from api.routers import jobs
from api.schemas.jobs import Job
from api.schemas.traces import (
    EdgesPage,
    NodesPage,
    Paths,
    TraceRequest,
    TraceSummary,
)
from api.shelf import Shelf
from genealogy.bootstrap import Lotgraph
from genealogy.errors import InvalidQuery, NotFound
from genealogy.exports import as_arrow
from genealogy.exports.records import (
    Record,
    completeness_record,
    edge_record,
    node_records,
    query_record,
    steps_records,
)
from genealogy.exports.registry import EXPORTS, Export
from genealogy.exports.remarks import remark_records
from genealogy.messages import text
from genealogy.model.times import iso
from genealogy.ports import Direction
from genealogy.trace.result import Trace, TraceQuery
from genealogy.trace.walk import Progress

PREFIX = "/v1/traces"
_POSITION = re.compile(r"[0-9]{1,15}")

router = APIRouter(prefix=PREFIX, tags=["traces"])

TraceId = Annotated[str, Path(min_length=1, max_length=64)]
Suffix = Literal["json", "ndjson", "csv", "graphml", "fcl", "svg"]
Prefer = Annotated[str, Header(max_length=512)]
Cursor = Annotated[str | None, Query(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=1000)]


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    response_model=TraceSummary,
    dependencies=[Depends(json_only)],
    **described("trace", {HTTPStatus.ACCEPTED: Job}),
)
def ask(
    engine: Engine,
    traces: Traces,
    work: Work,
    language: Language,
    asked: TraceRequest,
    response: Response,
    prefer: Prefer = "",
) -> Record | Response:
    """Trace, and keep the answer under an id; the same question of the same data keeps its id.

    With ``Prefer: respond-async`` (RFC 7240) it is a job, whose address is told at once.
    """
    query = _question(engine, asked, language)
    if wants_no_wait(prefer):
        return _begun(traces, work, query, language)
    stored, trace = _stored(traces, query, language)
    told = _summary(engine, stored, trace, language)
    response.headers["location"] = told["self"]
    response.headers.update({**_stated(trace), **proof(stored)})
    return told


@router.get("/{trace_id}.{suffix}", **described("trace_file"))
def file(traces: Traces, trace_id: TraceId, suffix: Suffix, request: Request) -> Response:
    """The whole answer in the format that the suffix names."""
    return _answered(traces, trace_id, EXPORTS[suffix], request)


@router.get("/{trace_id}", **described("trace_answer"))
def document(traces: Traces, trace_id: TraceId, request: Request) -> Response:
    """The whole answer in the format that the Accept header asks for; JSON without one."""
    export = acceptable(request.headers.get("accept", ""))
    if export is None:
        known = ", ".join(e.media_type for e in EXPORTS.values())
        raise RefusedRequest(HTTPStatus.NOT_ACCEPTABLE, known=known)
    return _answered(traces, trace_id, export, request)


@router.get("/{trace_id}/summary", response_model=TraceSummary, **described("trace_summary"))
def summary(
    engine: Engine, traces: Traces, language: Language, trace_id: TraceId, response: Response
) -> Record:
    """What a stored answer answers, how much there is of it, and its digest."""
    stored = traces.find(trace_id)
    response.headers.update(proof(stored))
    return _summary(engine, stored, traces.answer(stored), language)


@router.get("/{trace_id}/nodes", response_model=NodesPage, **described("trace_nodes"))
def nodes(
    traces: Traces,
    trace_id: TraceId,
    request: Request,
    response: Response,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Record | Response:
    """The nodes of an answer: a page at a time, or all of them as an Arrow stream."""
    return _part(traces, trace_id, "nodes", request, response, cursor, limit)


@router.get("/{trace_id}/edges", response_model=EdgesPage, **described("trace_edges"))
def edges(
    traces: Traces,
    trace_id: TraceId,
    request: Request,
    response: Response,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Record | Response:
    """The movements of an answer: a page at a time, or all of them as an Arrow stream."""
    return _part(traces, trace_id, "edges", request, response, cursor, limit)


@router.get("/{trace_id}/paths", response_model=Paths, **described("trace_paths"))
def paths(
    engine: Engine,
    traces: Traces,
    language: Language,
    trace_id: TraceId,
    response: Response,
    to: Annotated[str, Query(min_length=1, max_length=512)],
    count: Annotated[int, Query(ge=1, le=100)] = 1,
) -> Record:
    """Why a node is in the answer: the best paths for each direction it was reached in."""
    stored = traces.find(trace_id)
    trace = traces.answer(stored)
    node_id = names.resolve(engine, to, language)
    ways = {r.direction for r in trace.reached if r.node_id == node_id}
    if not ways:
        raise NotFound("not_reached", node=node_id)
    response.headers.update(proof(stored))
    return {
        "query": query_record(stored.query),
        "to": node_id,
        "paths": [
            {"direction": way, "steps": steps_records(trace, node_id, path)}
            for way in sorted(ways - {"seed"})
            for path in engine.paths(trace, node_id, cast(Direction, way), count)
        ],
        "completeness": completeness_record(trace.completeness),
        "watermark": stored.watermark,
    }


def _stated(trace: Trace) -> dict[str, str]:
    """What headers state of an answer: completeness, and the dilution filter if there is one."""
    lacking = trace.completeness
    told = (lacking.state, lacking.frontiers, lacking.gaps, lacking.masked)
    stated = {"lotgraph-completeness": completeness_header(*told)}
    if trace.query.dilution is not None:
        stated["lotgraph-dilution"] = f"{trace.query.dilution:f}"
    return stated


def proof(stored: Stored[Any]) -> dict[str, str]:
    """What headers state of a stored answer: the data it was made of, and its digest."""
    return {"lotgraph-watermark": str(stored.watermark), "lotgraph-digest": stored.digest}


def completeness_header(state: str, frontiers: Sized, gaps: Sized, masked: int) -> str:
    """The completeness in one header line."""
    return f"{state}; frontiers={len(frontiers)}; gaps={len(gaps)}; masked={masked}"


def wants_no_wait(prefer: str) -> bool:
    """Whether a Prefer header has the preference respond-async."""
    names = (part.partition(";")[0].strip().lower() for part in prefer.split(","))
    return "respond-async" in names


def _begun(traces: Shelf, work: Jobs, query: TraceQuery, language: str) -> Response:
    """A job that answers the question."""

    def answer(progress: Progress) -> str:
        return address_of(_stored(traces, query, language, progress)[0])

    return jobs.accepted(work, answer, query_record(query), language)


def address_of(stored: Stored[Any]) -> str:
    """Where a stored trace is."""
    return f"{PREFIX}/{stored.trace_id}"


def _stored(
    traces: Shelf, query: TraceQuery, language: str, progress: Progress | None = None
) -> tuple[Stored[TraceQuery], Trace]:
    def pointer(error: InvalidQuery) -> str:
        return "/windows" if error.error_code in questions.OF_WINDOWS else "/seeds"

    with names.refusing(language, pointer):
        return traces.store(query, progress)


def _question(engine: Lotgraph, asked: TraceRequest, language: str) -> TraceQuery:
    flaws: list[Record] = []
    seeds = names.resolve_all(engine, "seeds", asked.seeds, flaws, language)
    query = questions.question(engine, seeds, asked.direction, asked, flaws, language)
    names.refuse(flaws)
    return query


def _summary(engine: Lotgraph, stored: Stored[Any], trace: Trace, language: str) -> Record:
    address = address_of(stored)
    return {
        "id": stored.trace_id,
        "self": address,
        "query": query_record(stored.query),
        "counts": {
            "nodes": sum(1 for _ in trace.node_ids()),
            "edges": len(trace.edges.edge_id),
        },
        "completeness": completeness_record(trace.completeness),
        "watermark": {"before": stored.watermark, "after": stored.watermark_after},
        "changed_meanwhile": stored.watermark != stored.watermark_after,
        "answered_at": iso(stored.answered_at),
        "digest": stored.digest,
        "remarks": remark_records(engine.remarks(trace), language),
        "formats": {export.name: address + export.suffix for export in EXPORTS.values()},
    }


def _answered(traces: Shelf, trace_id: str, export: Export, request: Request) -> Response:
    stored = traces.find(trace_id)
    # The digest is that of the JSON document; every other format follows from it.
    tag = f'"{stored.digest}"' if export.name == "json" else f'"{stored.digest}.{export.name}"'

    def pieces(trace: Trace) -> whole.Pieces:
        return whole.pieces_of(export, trace, stored.digest)

    kind = f"{export.media_type}; charset=utf-8" if export.name == "csv" else export.media_type
    return _whole(traces, stored, pieces, tag, kind, f"{trace_id}{export.suffix}", request)


def _wants_arrow(request: Request) -> bool:
    """Whether a table is wanted rather than a page. Raises RefusedRequest for anything else."""
    known = ("application/json", as_arrow.MEDIA_TYPE)
    wanted = best_of(request.headers.get("accept", ""), known)
    if wanted is None:
        raise RefusedRequest(HTTPStatus.NOT_ACCEPTABLE, known=", ".join(known))
    if wanted == as_arrow.MEDIA_TYPE and not as_arrow.is_to_be_had():
        raise ArrowMissing()
    return wanted == as_arrow.MEDIA_TYPE


def _part(
    traces: Shelf,
    trace_id: str,
    part: as_arrow.Part,
    request: Request,
    response: Response,
    cursor: str | None,
    limit: int,
) -> Record | Response:
    """The nodes or edges of an answer: a page of them, or a table of all."""
    if _wants_arrow(request):
        return _table(traces, trace_id, part, request)
    stored = traces.find(trace_id)
    trace = traces.answer(stored)
    response.headers.update(proof(stored))
    start = _position(trace_id, cursor)
    total, items = _PARTS[part](trace, slice(start, start + limit))
    return _page(trace_id, part, trace, items, start, total, limit, response)


def _nodes(trace: Trace, some: slice) -> tuple[int, list[Record]]:
    """How many nodes there are, and some of them."""
    found = list(islice(node_records(trace), some.start, some.stop))
    return sum(1 for _ in trace.node_ids()), found


def _edges(trace: Trace, some: slice) -> tuple[int, list[Record]]:
    """How many movements there are, and some of them."""
    found = [edge_record(trace.edges, i) for i in trace.edge_order()[some]]
    return len(trace.edges.edge_id), found


_PARTS = {"nodes": _nodes, "edges": _edges}


def _table(traces: Shelf, trace_id: str, part: as_arrow.Part, request: Request) -> Response:
    stored = traces.find(trace_id)

    def pieces(trace: Trace) -> whole.Pieces:
        return as_arrow.parts(trace, part, stored.digest)

    # Its bytes depend on the version of Arrow, so it is only the same for all that matters.
    tag, name = f'W/"{stored.digest}.arrow.{part}"', f"{trace_id}.{part}.arrows"
    return _whole(traces, stored, pieces, tag, as_arrow.MEDIA_TYPE, name, request)


def _whole(
    traces: Shelf,
    stored: Stored[Any],
    pieces: Callable[[Trace], whole.Pieces],
    tag: str,
    kind: str,
    name: str,
    request: Request,
) -> Response:
    shared = {"etag": tag, "vary": "Accept", "cache-control": "private, no-cache"}
    if known_already(request.headers.get("if-none-match", ""), tag.removeprefix("W/")):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=shared)
    trace = traces.answer(stored)
    named = {"content-disposition": f'inline; filename="{name}"'}
    headers = {**shared, **named, **_stated(trace), **proof(stored)}
    return whole.response(pieces(trace), kind, headers, request)


def known_already(header: str, tag: str) -> bool:
    """Whether If-None-Match names a tag; a star stands for any, and weak ones will do."""
    given = (one.strip().removeprefix("W/") for one in header.split(","))
    return any(one in ("*", tag) for one in given)


def _position(trace_id: str, cursor: str | None) -> int:
    """Where a page begins; a cursor belongs to one trace."""
    if cursor is None:
        return 0
    owner, _, number = cursor.partition(".")
    if owner != trace_id[:8] or not _POSITION.fullmatch(number):
        flaw = {"pointer": "query/cursor", "code": "cursor", "message": text("api.cursor")}
        raise InvalidBody([flaw])
    return int(number)


def _page(
    trace_id: str,
    part: str,
    trace: Trace,
    items: list[Record],
    start: int,
    total: int,
    limit: int,
    response: Response,
) -> Record:
    after = start + len(items)
    following = f"{trace_id[:8]}.{after}" if items and after < total else None
    if following:
        address = f"{PREFIX}/{trace_id}/{part}?cursor={following}&limit={limit}"
        response.headers["link"] = f'<{address}>; rel="next"'
    response.headers.update(_stated(trace))
    return {
        "items": items,
        "total": total,
        "total_is": "exact",
        "next": following,
        "completeness": completeness_record(trace.completeness),
    }
