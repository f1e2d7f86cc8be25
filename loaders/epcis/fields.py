"""Typed fields of one raw event: each is read, or the reason it cannot be is noted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from genealogy.errors import InvalidIdentifier
from genealogy.model.identifiers import Identifier, canonical, own_id
from genealogy.model.names import Label
from genealogy.model.times import parse_instant
from loaders.epcis.event import BizTransaction, End, Quantity
from loaders.epcis.raw import Fault, RawEvent
from loaders.epcis.vocabulary import Term, expanded, is_known, word

T = TypeVar("T")
_OFFSET = re.compile(r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)")
_UOM = re.compile(r"[A-Z0-9]{2,3}")
_ZONELESS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?")
_WRONG_NUMBERS = frozenset({"identifier_check_digit", "identifier_digits", "identifier_length"})
_DEEPEST = 100
#: Beyond that many digits before or after the point a number is no quantity but an attack.
_MOST_DIGITS = 100
_QUANTITY_FIELDS = frozenset({"epcClass", "quantity", "uom"})


@dataclass(slots=True)
class Fields:
    """Reads the fields of one event and collects what is wrong with them."""

    raw: RawEvent
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def fault(self, code: str, name: str, value: Any = None, **params: str) -> None:
        """Note why a field cannot be used."""
        shown = None if value is None else as_written(value)
        self.faults.append(Fault(code, name, shown, params))

    def has_fault(self, name: str) -> bool:
        """Whether a field has been found unusable."""
        return any(fault.field == name for fault in self.faults)

    def text(self, name: str) -> str | None:
        """A text field; null when missing or empty."""
        value = self.raw.data.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            self.fault("epcis_not_text", name, value)
            return None
        return value.strip() or None

    def mapping(self, name: str) -> Mapping[str, Any] | None:
        """An object field; null when missing."""
        value = self.raw.data.get(name)
        if value is None or isinstance(value, Mapping):
            return value
        self.fault("epcis_not_object", name, value)
        return None

    def rows(self, name: str) -> list[Any]:
        """A list field; a single value counts as a list of one."""
        value = self.raw.data.get(name)
        if value is None or value == "":
            return []
        return value if isinstance(value, list) else [value]

    def moment(self, name: str, text: str | None, offset: str | None = None) -> datetime | None:
        """A time in UTC; with ``offset`` a time without zone is taken to be in that zone."""
        if text is None:
            return None
        if offset is not None and _ZONELESS.fullmatch(text):
            self.notes.append("epcis_zone_assumed")
            text += offset
        try:
            return parse_instant(text).at
        except ValueError:
            self.fault("epcis_time", name, text)
            return None

    def offset(self) -> str | None:
        """The time zone offset of the event, required."""
        text = self.text("eventTimeZoneOffset")
        if text is None:
            self.fault("epcis_missing", "eventTimeZoneOffset")
        elif _OFFSET.fullmatch(text) is None:
            self.fault("epcis_offset", "eventTimeZoneOffset", text)
        return text

    def term(self, name: str, vocabulary: Term, text: Any) -> str | None:
        """A vocabulary term: standard words bare, others as URI."""
        if text is None:
            return None
        if not isinstance(text, str):
            self.fault("epcis_not_text", name, text)
            return None
        if not is_known(text, vocabulary):
            self.fault("epcis_word", name, text, vocabulary=vocabulary)
        return expanded_term(text, self.raw.prefixes)

    def terms(self, name: str, vocabulary: Term, values: Any) -> tuple[str, ...]:
        """Several vocabulary terms, given as one text or a list."""
        texts = values if isinstance(values, list) else [values] if values else []
        found = (self.term(name, vocabulary, text) for text in texts)
        return tuple(term for term in found if term)

    def identifier(self, name: str, text: Any, kind: Label | None = None) -> Identifier | None:
        """An identifier of a kind; null (and a fault) when it is none."""
        if not isinstance(text, str):
            self.fault("epcis_not_text", name, text)
            return None
        try:
            return canonical(text.strip(), kind)
        except InvalidIdentifier as error:
            params = {k: str(v) for k, v in error.params.items()}
            self.fault(error.error_code, name, text, **params)
            return None

    def parent(self, text: str | None) -> Identifier | None:
        """The parent of an aggregation, association or transaction."""
        return None if text is None else self.thing("parentID", text, Label.ITEM)

    def epcs(self, name: str) -> tuple[Identifier, ...]:
        """A list of things; a URI of no known kind names an item."""
        found = (self.thing(name, text, Label.ITEM) for text in self.rows(name))
        return tuple(thing for thing in found if thing is not None)

    def thing(self, name: str, text: Any, otherwise: Label) -> Identifier | None:
        """A thing whose identifier says its kind, or ``otherwise`` when it does not."""
        if isinstance(text, str) and ":" in text:
            try:
                return canonical(text.strip())
            except InvalidIdentifier as error:
                if error.error_code == "identifier_no_kind":
                    return self.identifier(name, text, otherwise)
        return self.identifier(name, text)

    def quantities(self, name: str) -> tuple[Quantity, ...]:
        """A list of amounts of lots or classes; a URI of no known kind names a lot."""
        found = (self._quantity(name, row) for row in self.rows(name))
        return tuple(quantity for quantity in found if quantity is not None)

    def _quantity(self, name: str, row: Any) -> Quantity | None:
        if not isinstance(row, Mapping):
            self.fault("epcis_not_object", name, row)
            return None
        for unknown in sorted(row.keys() - _QUANTITY_FIELDS):
            if not is_qualified(unknown):
                self.fault("epcis_unknown_field", f"{name}.{unknown}", row[unknown])
        if not row.get("epcClass"):
            self.fault("epcis_missing", f"{name}.epcClass")
            return None
        of = self.thing(f"{name}.epcClass", row["epcClass"], Label.LOT)
        amount = self.amount(f"{name}.quantity", row.get("quantity"))
        uom = self.uom(f"{name}.uom", row.get("uom"))
        return Quantity(of, amount, uom) if of is not None else None

    def amount(self, name: str, value: Any) -> Decimal | None:
        """A quantity of zero or more; null when unknown."""
        if value is None or value == "":
            return None
        try:
            amount = Decimal(value) if isinstance(value, str | Decimal) else None
        except InvalidOperation:
            amount = None
        if amount is None or not _is_writable(amount):
            self.fault("epcis_not_number", name, value)
            return None
        if amount < 0:
            self.fault("epcis_negative", name, value)
            return None
        return amount

    def uom(self, name: str, value: Any) -> str | None:
        """A unit code of two or three characters; null when pieces are counted."""
        if value is None or value == "":
            return None
        if not isinstance(value, str) or _UOM.fullmatch(value.strip()) is None:
            self.fault("epcis_uom", name, value)
            return None
        return value.strip()

    def place(self, name: str) -> Identifier | None:
        """The place in ``{"id": …}``, or as a bare identifier."""
        value = self.raw.data.get(name)
        if isinstance(value, Mapping):
            value = value.get("id")
        elif isinstance(value, str) and value:
            self.notes.append("epcis_bare_place")
        if value is None or value == "":
            return None
        return self.somewhere(name, value, Label.PLACE)

    def somewhere(self, name: str, text: Any, kind: Label) -> Identifier | None:
        """A place or party. One whose number is wrong keeps its own text as its name.

        It is context, not material: a wrong digit there must not hide the movement.
        """
        misspelt = named_place(text, kind) if isinstance(text, str) else None
        if misspelt is not None:
            self.notes.append("epcis_wrong_place")
            return misspelt
        return self.identifier(name, text, kind)

    def transactions(self) -> tuple[BizTransaction, ...]:
        """The business documents of the event."""
        return tuple(self._each("bizTransactionList", self._transaction))

    def _transaction(self, name: str, row: Any) -> BizTransaction | None:
        if isinstance(row, str):
            return BizTransaction(None, row.strip())
        if not isinstance(row, Mapping) or not isinstance(row.get("bizTransaction"), str):
            self.fault("epcis_missing", f"{name}.bizTransaction")
            return None
        kind = self.term(f"{name}.type", Term.TRANSACTION, row.get("type"))
        return BizTransaction(kind, row["bizTransaction"].strip())

    def ends(self, name: str, key: str) -> tuple[End, ...]:
        """The sources or destinations of the event; ``key`` is ``source`` or ``destination``."""

        def read(name: str, row: Any) -> End | None:
            return self._end(name, key, row)

        return tuple(self._each(name, read))

    def _end(self, name: str, key: str, row: Any) -> End | None:
        if not isinstance(row, Mapping) or not row.get(key) or not row.get("type"):
            self.fault("epcis_missing", f"{name}.{key}")
            return None
        kind = self.term(f"{name}.type", Term.PARTY, row["type"])
        label = Label.PLACE if kind == "location" else Label.PARTY
        found = self.somewhere(f"{name}.{key}", row[key], label)
        return End(kind, found) if kind and found else None

    def _each(self, name: str, read: Callable[[str, Any], T | None]) -> Iterator[T]:
        if isinstance(self.raw.data.get(name), Mapping | str):
            self.notes.append("epcis_not_a_list")
        for row in self.rows(name):
            found = read(name, row)
            if found is not None:
                yield found


def as_written(value: Any) -> str:
    """A value as it stood in the file, cut after 200 characters."""
    if isinstance(value, str | Decimal):
        return str(value)[:200]
    try:
        return json.dumps(value, ensure_ascii=False, default=_number)[:200]
    except RecursionError:
        return "…"


def _number(value: Decimal) -> float:
    is_whole = abs(value) < 2**53 and value == value.to_integral_value()
    return int(value) if is_whole else float(value)


def _is_writable(amount: Decimal) -> bool:
    if not amount.is_finite():
        return False
    return abs(amount.adjusted()) <= _MOST_DIGITS and len(amount.as_tuple().digits) <= _MOST_DIGITS


def named_place(text: str, kind: Label) -> Identifier | None:
    """A place or party whose number is wrong, under its own text; null when it is right."""
    try:
        canonical(text.strip(), kind)
    except InvalidIdentifier as error:
        return own_id(kind, text.strip()) if error.error_code in _WRONG_NUMBERS else None
    return None


def is_qualified(name: str) -> bool:
    """Whether a field name is in a namespace, so that it has a meaning of its own."""
    return ":" in name or "#" in name


def expanded_term(text: str, prefixes: Mapping[str, str]) -> str:
    """A term as bare word or full URI."""
    bare = word(text)
    prefix, colon, local = bare.partition(":")
    # Terms, unlike names of fields, are compared with URIs as others write them.
    if colon and prefix in prefixes and not local.startswith("//"):
        return prefixes[prefix] + local
    return bare


def expanded_names(data: Any, prefixes: Mapping[str, str], depth: int = 0) -> Any:
    """Extensions and attributes with expanded names, every scalar as text.

    Raises RecursionError for data nested more than 100 deep.
    """
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(data, Mapping):
        return {
            expanded(k, prefixes): expanded_names(v, prefixes, depth + 1) for k, v in data.items()
        }
    if isinstance(data, list):
        return [expanded_names(item, prefixes, depth + 1) for item in data]
    if isinstance(data, bool):
        return "true" if data else "false"
    return "" if data is None else str(data)
