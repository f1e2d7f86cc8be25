"""Amounts of seed material as records: decimals as text, unknown values null."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, Inexact
from fractions import Fraction
from typing import Any

from genealogy.model.facts import NodeId
from genealogy.trace.result import Amount, Trace

#: Names of the columns in which amounts stand where a node is one row, by field of a record.
AMOUNT_COLUMNS = {
    "seed_product": "product",
    "seed_uom": "uom",
    "seed_min": "min",
    "seed_share": "share",
    "seed_max": "max",
    "of_seed": "of_seed",
    "of_node": "of_node",
}
_EXACT = 30
_DIGITS = 12
_FRACTION_DIGITS = 6


def amount_records(trace: Trace, node_id: NodeId) -> list[dict[str, Any]] | None:
    """The amounts at a node, one for each product of the seeds; null where not asked for."""
    if trace.amounts is None:
        return None
    return [_record(amount) for amount in trace.amounts.get(node_id, ())]


def amount_columns(amounts: list[dict[str, Any]]) -> dict[str, list[str]]:
    """The amounts at a node by column, each with one text for each product; unknown is ``?``."""
    if not amounts:
        return {}
    return {
        column: ["?" if amount[name] is None else amount[name] for amount in amounts]
        for column, name in AMOUNT_COLUMNS.items()
    }


def written(amount: Fraction | None, rounding: str, digits: int = _DIGITS) -> str | None:
    """An amount as a decimal: exactly where it has one of no more than 30 digits, else rounded."""
    if amount is None:
        return None
    number, parts = Decimal(amount.numerator), Decimal(amount.denominator)
    try:
        found = Context(prec=_EXACT, traps=[Inexact]).divide(number, parts)
    except Inexact:
        found = Context(prec=digits, rounding=rounding).divide(number, parts)
    text = format(found, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _record(amount: Amount) -> dict[str, Any]:
    return {
        "product": amount.product,
        "uom": amount.unit,
        "min": written(amount.least, ROUND_FLOOR),
        "share": written(amount.share, ROUND_HALF_EVEN),
        "max": written(amount.most, ROUND_CEILING),
        "of_seed": written(amount.of_seed, ROUND_HALF_EVEN, _FRACTION_DIGITS),
        "of_node": written(amount.of_node, ROUND_HALF_EVEN, _FRACTION_DIGITS),
    }
