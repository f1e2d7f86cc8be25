"""``lotgraph serve``: the REST API."""

from __future__ import annotations

import socket
from threading import Thread
from typing import Annotated

import typer

from cli.session import configured, say, session_of
from genealogy.errors import InvalidInput
from genealogy.messages import text

#: Addresses that stand for every name of this machine.
EVERYWHERE = frozenset({"0.0.0.0", "::"})


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", help=text("option.host"))] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help=text("option.port"))] = 8000,
) -> None:
    """Serve the API until interrupted."""
    import uvicorn

    from api.app import LOOPBACK, create_app
    from api.wire import Server, Wire

    names = LOOPBACK | {host} if host not in EVERYWHERE else None
    with session_of(context).open() as engine, listening(host, port) as listener:
        app = create_app(engine, folder=configured().data_dir / "traces", hosts=names)
        say(text("cli.serving", url=f"http://{host}:{listener.getsockname()[1]}"))
        if host not in LOOPBACK:
            say(text("cli.not_loopback"))
        if engine.keeper is not None and engine.uses_snapshot:
            engine.keeper.rebuilds = True
            # In the background: compiling takes seconds, and nobody need wait for it.
            Thread(target=engine.keeper.warm, daemon=True).start()
        config = uvicorn.Config(app, http=Wire, log_level="warning", server_header=False)
        server = Server(config, app.state.jobs.stop)
        server.run(sockets=[listener])


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises InvalidInput when the address cannot be used."""
    try:
        return socket.create_server((host, port), family=_family(host))
    except OSError as error:
        raise InvalidInput("address_in_use", host=host, port=port, reason=error.strerror) from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
