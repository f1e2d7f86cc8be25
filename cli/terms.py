"""The terms of a question about a trace: one declaration for the commands that ask about one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from cli import options
from cli.questions import Terms, Windowed
from genealogy.trace.result import Mode, WindowKind

_KINDS: dict[str, tuple[WindowKind, Any]] = {
    "place": (WindowKind.PLACE, options.Place),
    "equipment": (WindowKind.EQUIPMENT, options.Equipment),
    "supplier": (WindowKind.SUPPLIER, options.Supplier),
    "product": (WindowKind.PRODUCT, options.Product),
    "event": (WindowKind.EVENT, options.Event),
}
_OF_WINDOWS: dict[str, Any] = {"revision": options.Revision}
#: Each as the field of the terms that it is, with what it is unless given.
_LIMITS: dict[str, tuple[Any, Any]] = {
    "carry_over": (options.CarryOver, None),
    "mode": (options.ModeOption, Mode.EXACT),
    "as_of": (options.AsOf, None),
    "known_at": (options.KnownAt, None),
    "stops": (options.Stop, None),
    "max_depth": (options.MaxDepth, None),
    "quantities": (options.Quantities, False),
    "dilution": (options.Dilution, None),
    "clock_tolerance": (options.ClockTolerance, None),
}
_REPEATED = ("carry_over", "stops", "clock_tolerance")
#: Names of the times of windows: where a command starts ``--from`` a seed, those are others.
FROM_TO = {"since": options.From, "until": options.To}
SINCE_UNTIL = {"since": options.Since, "until": options.Until}

Function = Callable[..., None]


def with_terms(times: dict[str, Any]) -> Callable[[Function], Function]:
    """Gives a command the options of a question, instead of its ``terms``."""
    hints = {name: (option, None) for name, (_, option) in _KINDS.items()}
    hints |= {name: (option, None) for name, option in {**times, **_OF_WINDOWS}.items()}
    hints |= _LIMITS
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
        for name, (hint, default) in hints.items()
    ]

    def given_to(command: Function) -> Function:
        @wraps(command)
        def called(**given: Any) -> None:
            told = {name: given.pop(name) for name in hints}
            command(terms=_terms(told), **given)

        own = inspect.signature(command, eval_str=True).parameters.values()
        kept = (p.replace(kind=p.KEYWORD_ONLY) for p in own if p.name != "terms")
        params = [*kept, *more]
        called.__signature__ = inspect.Signature(params)  # type: ignore[attr-defined]
        called.__annotations__ = {p.name: p.annotation for p in params}
        return called

    return given_to


def _terms(told: dict[str, Any]) -> Terms:
    """The terms that options of these values make."""
    names = tuple((kind, one) for name, (kind, _) in _KINDS.items() for one in told[name] or ())
    windows = Windowed(names, told["since"], told["until"], told["revision"])
    limits = {name: told[name] for name in _LIMITS}
    limits |= {name: tuple(told[name] or ()) for name in _REPEATED}
    return Terms(windows=windows, **limits)
