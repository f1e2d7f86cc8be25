"""An app on a real socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from api.wire import Wire


@contextmanager
def serving(app: ASGIApp, wire: type[Wire] = Wire) -> Iterator[int]:
    """The port at which the app answers while the block lasts."""
    server = uvicorn.Server(uvicorn.Config(app, http=wire, log_level="critical"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
