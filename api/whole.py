"""Whole answers over HTTP: small ones told with their length, large ones as they are written.

A large answer is never held as a whole: pieces of it go out as they are made, and wait
for a client that is slow. Its transfer ends with a last chunk, so one that was cut is a
failed request; and when the client goes away, what was open is closed.
"""

from __future__ import annotations

import base64
import hashlib
import tempfile
from collections.abc import Generator, Iterable, Mapping
from itertools import chain
from typing import Any, cast

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from genealogy.exports.registry import Export
from genealogy.trace.result import Trace

Pieces = Generator[bytes, None, None]
#: Bytes up to which an answer is made before its first byte goes out.
SMALL = 4 << 20
CHUNK = 1 << 18


class Streamed(StreamingResponse):
    """A response whose pieces are closed when it ends, however it does."""

    def __init__(
        self, head: list[bytes], pieces: Pieces, media_type: str, headers: Mapping[str, str]
    ) -> None:
        self._pieces = pieces
        left = chain(head, pieces) if head else ()
        super().__init__(left, media_type=media_type, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Else they would stay open until memory is tidied up.
            self._pieces.close()


def response(
    pieces: Pieces, media_type: str, headers: Mapping[str, str], request: Request
) -> Response:
    """The response with these pieces as its body."""
    head, size = list[bytes](), 0
    for piece in pieces:
        head.append(piece)
        size += len(piece)
        if size > SMALL:
            left = [] if request.scope.get("head") else head
            return Streamed(left, pieces, media_type, headers)
    body = b"".join(head)
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    told = {**headers, "content-digest": f"sha-256=:{digest}:"}
    return Response(body, media_type=media_type, headers=told)


def pieces_of(export: Export, trace: Trace, digest: str) -> Pieces:
    """An answer in a format, in pieces of a size that is good to send."""
    if export.parts is None:
        return _spooled(export, trace)
    return gathered(export.parts(trace, digest))


def gathered(parts: Iterable[bytes]) -> Pieces:
    """Small pieces put together to larger ones."""
    waiting = bytearray()
    for part in parts:
        waiting += part
        if len(waiting) >= CHUNK:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)


def _spooled(export: Export, trace: Trace) -> Pieces:
    """A format that is not written in pieces: by way of a file, once it is large."""
    with tempfile.SpooledTemporaryFile(max_size=SMALL) as spool:
        export.write(trace, cast(Any, spool))
        spool.seek(0)
        while chunk := spool.read(CHUNK):
            yield chunk
