"""HTTP as it comes over the wire: what is no request at all is told, and slow ones end.

What the app is never asked is answered here: a request without sound head, and a
head that does not come to its end. Bodies are the guard's business.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable
from http import HTTPStatus

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.errors import REQUEST_ID, RefusedRequest, problem
from api.guard import SECURITY
from genealogy.messages import LANGUAGES

#: Seconds in which the head of a request has to be there.
HEAD_SECONDS = 15.0
#: States of our side and theirs in which no app waits, but we do: for a head, or for the
#: rest of a body that was refused.
_WAITED_FOR = frozenset({(h11.IDLE, h11.IDLE), (h11.DONE, h11.SEND_BODY)})


class Server(uvicorn.Server):
    """A server that ends its work before it waits for the clients of that work."""

    def __init__(self, config: uvicorn.Config, stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._stop = stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Call off all jobs, whose streams end with them, and then close all connections."""
        await asyncio.to_thread(self._stop)
        await super().shutdown(sockets)


class Wire(H11Protocol):
    """One connection; answers what cannot be read with a problem, and waits for no one."""

    head_seconds = HEAD_SECONDS
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, on which a request has to come."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Take some bytes; a head that they begin, or a refused body, has to end in time."""
        super().data_received(data)
        if (self.conn.our_state, self.conn.their_state) in _WAITED_FOR:
            self._await_head()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of a connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request with a problem, and hang up."""
        request_id = secrets.token_hex(8)
        refused = RefusedRequest(HTTPStatus.BAD_REQUEST)
        answer = problem(refused, instance="", request_id=request_id, language=LANGUAGES[0])
        answer.headers.update({**SECURITY, REQUEST_ID: request_id, "connection": "close"})
        for event in (
            h11.Response(status_code=answer.status_code, headers=answer.raw_headers),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _await_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_seconds, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
