"""The REST API over an engine."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI

from api import errors, openapi
from api.case_answers import common_causes, comparisons
from api.guard import Guard
from api.jobs import Jobs
from api.routers import foodchain, health, impact, jobs, lookup, traces, why_not
from api.shelf import Shelf
from genealogy import __version__
from genealogy.bootstrap import Lotgraph
from genealogy.ports import Clock

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.jobs.start()
    yield
    await to_thread(app.state.jobs.stop)


def create_app(
    engine: Lotgraph,
    *,
    folder: Path | None = None,
    hosts: Collection[str] | None = None,
    clock: Clock | None = None,
) -> FastAPI:
    """The API of an engine.

    Stored answers are kept in ``folder``, or in memory only. ``hosts`` are the host
    names it answers to (a web page elsewhere could otherwise reach it by a name of
    its own); None means any.
    """
    # No pages of documentation: they would load scripts from elsewhere.
    app = FastAPI(
        title="Lotgraph", version=__version__, docs_url=None, redoc_url=None, lifespan=_lifespan
    )
    clock = clock or SystemClock()
    app.state.engine = engine
    app.state.shelf = Shelf(engine, clock, folder)
    app.state.comparisons = comparisons(engine, clock, folder and folder / "comparisons")
    app.state.causes = common_causes(engine, clock, folder and folder / "common-causes")
    app.state.jobs = Jobs(engine, clock, folder and folder / "jobs")
    for part in (health, lookup, traces, jobs, why_not, impact, foodchain):
        app.include_router(part.router)
    errors.register(app)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    # Outside of all else, so that the answer to a defect carries the headers too.
    inner = app.build_middleware_stack
    app.build_middleware_stack = lambda: Guard(inner(), hosts)  # type: ignore[method-assign]
    return app
