"""Every way in which pieces can have been allocated, by trying them all.

A plant as a list of steps in the order of time. Lots hold pieces, each with so much seed
material in it; a draw takes any of the pieces that are there, and a batch gives each
output the same number of pieces of each material, any of them. Nothing here knows of
bounds, shares or concentrations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

#: A piece is the seed material in it; a stock is its pieces in order.
Pieces = tuple[int, ...]


@dataclass(frozen=True)
class Receipt:
    """A lot comes into being: so many pieces, all seed or none."""

    lot: str
    size: int
    is_seed: bool


@dataclass(frozen=True)
class Draw:
    """So many pieces of a lot go to another; they are used up unless they are only shipped."""

    source: str
    target: str
    size: int
    uses_up: bool = True


@dataclass(frozen=True)
class Run:
    """A batch: draws of lots, and lots that are made of it, each of so many pieces.

    Of each material so many pieces go into each piece of output.
    """

    batch: str
    inputs: tuple[tuple[str, str, int], ...]
    outputs: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Clean:
    """All that is in a lot or vessel is washed out."""

    lot: str


Step = Receipt | Draw | Run | Clean


@dataclass(frozen=True)
class State:
    """What is in the lots, and how much seed material came to each node so far."""

    stocks: tuple[tuple[str, Pieces], ...] = ()
    came: tuple[tuple[str, int], ...] = ()

    def stock(self, lot: str) -> Pieces:
        return dict(self.stocks).get(lot, ())

    def with_stock(self, lot: str, pieces: Pieces) -> State:
        stocks = {**dict(self.stocks), lot: tuple(sorted(pieces))}
        return State(tuple(sorted(stocks.items())), self.came)

    def with_amount(self, node: str, amount: int) -> State:
        came = dict(self.came)
        came[node] = came.get(node, 0) + amount
        return State(self.stocks, tuple(sorted(came.items())))


def extremes(steps: list[Step]) -> dict[str, tuple[int, int]]:
    """The least and the most that can have come to each node."""
    states = {State()}
    for step in steps:
        states = {after for state in states for after in _after(state, step)}
    found: dict[str, list[int]] = {}
    nodes = {node for state in states for node, _ in state.came}
    for state in states:
        came = dict(state.came)
        for node in nodes:
            found.setdefault(node, []).append(came.get(node, 0))
    return {node: (min(told), max(told)) for node, told in found.items()}


def _after(state: State, step: Step) -> Iterator[State]:
    if isinstance(step, Receipt):
        yield state.with_stock(step.lot, state.stock(step.lot) + (int(step.is_seed),) * step.size)
    elif isinstance(step, Clean):
        yield state.with_stock(step.lot, ())
    elif isinstance(step, Draw):
        for taken, rest in _takes(state.stock(step.source), step.size):
            after = state.with_stock(step.source, rest if step.uses_up else taken + rest)
            held = after.stock(step.target) + taken if step.uses_up else ()
            yield after.with_stock(step.target, held).with_amount(step.target, sum(taken))
    else:
        yield from _run(state, step)


def _run(state: State, run: Run) -> Iterator[State]:
    """Take the inputs one after the other, then deal the pieces of each material out."""
    pending: list[tuple[State, dict[str, Pieces]]] = [(state, {})]
    for lot, material, size in run.inputs:
        pending = [
            (
                before.with_stock(lot, rest).with_amount(run.batch, sum(taken)),
                {**pools, material: tuple(sorted(pools.get(material, ()) + taken))},
            )
            for before, pools in pending
            for taken, rest in _takes(before.stock(lot), size)
        ]
    whole = sum(size for _, size in run.outputs)
    for before, pools in pending:
        ways = [_dealt(pool, whole) for pool in pools.values()]
        for dealt in set(product(*ways)):
            # Each piece of output is the sum of what it got of each material.
            made = [sum(amounts) for amounts in zip(*dealt, strict=True)]
            yield from _put_out(before, run, made)


def _put_out(state: State, run: Run, made: list[int]) -> Iterator[State]:
    at = 0
    for lot, size in run.outputs:
        pieces = tuple(made[at : at + size])
        at += size
        state = state.with_stock(lot, state.stock(lot) + pieces).with_amount(lot, sum(pieces))
    yield state


def _dealt(pool: Pieces, hands: int) -> set[tuple[int, ...]]:
    """Every way to deal all pieces to so many hands, as many to each; what each hand holds."""
    if not hands:
        return {()}
    each = len(pool) // hands
    return {
        (sum(taken), *others)
        for taken, rest in _takes(pool, each)
        for others in _dealt(rest, hands - 1)
    }


def _takes(stock: Pieces, size: int) -> Iterator[tuple[Pieces, Pieces]]:
    """Every way to take pieces of a stock: what is taken, and what stays."""
    seen = set()
    for picks in combinations(range(len(stock)), size):
        taken = tuple(stock[i] for i in picks)
        if taken not in seen:
            seen.add(taken)
            yield taken, tuple(p for i, p in enumerate(stock) if i not in picks)
