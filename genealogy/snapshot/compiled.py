"""The kernel compiled by numba, where that is installed; the same text as plain Python.

Importing numba takes about a second and the first compilation some more; what was
compiled is kept in a folder named after the kernel's text, so that no stale code runs.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from genealogy.snapshot import sweep
from genealogy.trace.kernel import arrivals, labels, rounds, state
from genealogy.trace.kernel.state import Run, Ways

Through = Callable[..., int]
_MODULES: tuple[ModuleType, ...] = (arrivals, labels, rounds)
#: Compiled functions, by their name.
Compiled = dict[str, Callable[..., Any]]


def is_to_be_had() -> bool:
    """Whether numba is installed."""
    return find_spec("numba") is not None


def cache_folder() -> Path:
    """Where compiled code is kept: ``$XDG_CACHE_HOME/lotgraph``, or as NUMBA_CACHE_DIR says."""
    modules = (*_MODULES, sweep, state)
    texts = b"".join(Path(str(m.__file__)).read_bytes() for m in modules)
    digest = hashlib.sha256(texts).hexdigest()[:16]
    named = os.environ.get("NUMBA_CACHE_DIR")
    home = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    base = Path(home) if Path(home).is_absolute() else Path.home() / ".cache"
    return (Path(named) if named else base / "lotgraph") / f"kernel-{digest}"


def is_kept() -> bool:
    """Whether the rounds of a walk were compiled before, and only have to be loaded."""
    return next(cache_folder().rglob("*through*.nbi"), None) is not None


@cache
def through() -> Through:
    """The rounds of a walk, compiled; compiles or loads the code when first called.

    Raises ImportError without numba.
    """
    compiled: Through = _compiled(_MODULES)["through"]
    return compiled


@cache
def sweeps() -> Compiled:
    """The functions of ``genealogy.snapshot.sweep``, compiled. Raises ImportError without numba."""
    return _compiled((sweep,))


def _compiled(modules: Sequence[ModuleType]) -> Compiled:
    import numba

    folder = cache_folder()
    keep = _writable(folder)
    if keep:
        numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    bound: dict[str, Any] = {"np": np}
    for module in modules:
        bound |= {name: value for name, value in vars(module).items() if name[:2] != "__"}
    bound["__name__"] = __name__
    functions = [f for f in bound.values() if isinstance(f, FunctionType)]
    for function in functions:
        text = _ordered if function is labels.ordered else function
        rebound = FunctionType(text.__code__, bound, function.__name__, text.__defaults__)
        bound[function.__name__] = numba.njit(nogil=True, cache=keep)(rebound)
    return bound


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _ordered(ways: Ways, run: Run, count: int) -> Any:
    """What ``labels.ordered`` does, by one stable sort after the other."""
    order = np.arange(count)
    if count < 2:
        return order
    names = np.empty(count, dtype=np.int64)
    for b in range(count):
        names[b] = ways.name[run.node[run.box_label[b]]]
    order = order[np.argsort(run.box_edge[:count][order], kind="mergesort")]
    order = order[np.argsort(names[order], kind="mergesort")]
    order = order[np.argsort(-run.box_end[:count][order], kind="mergesort")]
    order = order[np.argsort(run.box_start[:count][order], kind="mergesort")]
    return order[np.argsort(run.box_node[:count][order], kind="mergesort")]
