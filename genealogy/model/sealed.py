"""Frozen records that cost no more to make than open ones.

A frozen dataclass fills each slot through ``object.__setattr__``, which for a record
of twenty fields takes longer than parsing the row it is made from.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar

T = TypeVar("T")


def sealed(cls: type[T]) -> type[T]:
    """Make a frozen, slotted dataclass quick to create; it stays frozen for all its users.

    While it is filled, a new record belongs to an open twin of its class, with the
    same slots. Subclasses are not supported.
    """
    twin: Any = _open_twin(cls)
    fill, become = twin.__init__, object.__setattr__

    def __init__(self: Any, *args: Any, **named: Any) -> None:
        become(self, "__class__", twin)
        fill(self, *args, **named)
        self.__class__ = cls

    cls.__init__ = __init__  # type: ignore[method-assign]
    return cls


def _open_twin(cls: Any) -> type[Any]:
    body: dict[str, Any] = {f.name: _default(f) for f in fields(cls) if _has_default(f)}
    body["__annotations__"] = {f.name: f.type for f in fields(cls)}
    body["__module__"] = cls.__module__
    return dataclass(slots=True)(type(f"_Open{cls.__name__}", (), body))


def _has_default(one: Field[Any]) -> bool:
    return one.default is not MISSING or one.default_factory is not MISSING


def _default(one: Field[Any]) -> Any:
    if one.default is not MISSING:
        return one.default
    return field(default_factory=one.default_factory)
