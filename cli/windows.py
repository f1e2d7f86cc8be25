"""The options of windows, given to a command as one: what it starts from, when, and runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from cli import options
from cli.questions import Windowed
from genealogy.trace.result import WindowKind

_KINDS: dict[str, tuple[WindowKind, Any]] = {
    "place": (WindowKind.PLACE, options.Place),
    "equipment": (WindowKind.EQUIPMENT, options.Equipment),
    "supplier": (WindowKind.SUPPLIER, options.Supplier),
    "product": (WindowKind.PRODUCT, options.Product),
    "event": (WindowKind.EVENT, options.Event),
}
_TIMES: dict[str, Any] = {
    "since": options.From,
    "until": options.To,
    "revision": options.Revision,
    "carry_over": options.CarryOver,
}


def windowed(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each kind of window, instead of its ``windows``."""

    @wraps(command)
    def called(**given: Any) -> None:
        told = {name: given.pop(name) or () for name in _KINDS}
        names = [(kind, one) for name, (kind, _) in _KINDS.items() for one in told[name]]
        times = {name: given.pop(name) for name in _TIMES}
        command(windows=Windowed(tuple(names), **times), **given)

    own = inspect.signature(command, eval_str=True).parameters.values()
    more = {name: option for name, (_, option) in _KINDS.items()} | _TIMES
    params = [
        *(p.replace(kind=p.KEYWORD_ONLY) for p in own if p.name != "windows"),
        *(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)
            for name, hint in more.items()
        ),
    ]
    called.__signature__ = inspect.Signature(params)  # type: ignore[attr-defined]
    called.__annotations__ = {p.name: p.annotation for p in params}
    return called
