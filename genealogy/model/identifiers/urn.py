"""EPC URNs: ``urn:epc:id:…``, ``urn:epc:class:…`` and ``urn:epc:idpat:…`` to GS1 elements and back.

Source: GS1 EPC Tag Data Standard, pure identity URIs. A URN has no check digit;
it is computed here. Splitting a key into a URN needs the length of the company
prefix, which only another URN tells.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote, unquote

from genealogy.model.identifiers.forms import Elements, invalid, is_digits, with_check_digit
from genealogy.model.names import Label

PREFIX = "urn:epc:"
#: Characters of a serial that a URN spells as they are (EPC Tag Data Standard, section 6.3).
_SAFE = "!'()*+,-.:;=_"


def _gtin(company: str, item: str) -> str:
    return with_check_digit(_numeric(item[:1] + company + item[1:], 13))


def _numeric(body: str, length: int) -> str:
    if len(body) != length or not is_digits(body):
        raise ValueError(f"{length} digits are needed")
    return body


def _asset(company: str, rest: str) -> str:
    if not is_digits(company) or not rest:
        raise ValueError("company prefix and reference are needed")
    return company + rest


def _sgln(company: str, location: str, extension: str) -> dict[str, str]:
    place = {"414": with_check_digit(_numeric(company + location, 12))}
    return place if extension == "0" else place | {"254": extension}


#: Scheme → how many parts it has and which elements they make.
_SCHEMES: dict[str, tuple[int, Callable[..., dict[str, str]]]] = {
    "sgtin": (3, lambda c, i, s: {"01": _gtin(c, i), "21": s}),
    "lgtin": (3, lambda c, i, s: {"01": _gtin(c, i), "10": s}),
    "upui": (3, lambda c, i, s: {"01": _gtin(c, i), "235": s}),
    "itip": (5, lambda c, i, p, n, s: {"8006": _gtin(c, i) + _numeric(p + n, 4), "21": s}),
    "sscc": (2, lambda c, r: {"00": with_check_digit(_numeric(r[:1] + c + r[1:], 17))}),
    "sgln": (3, _sgln),
    "pgln": (2, lambda c, r: {"417": with_check_digit(_numeric(c + r, 12))}),
    "grai": (3, lambda c, a, s: {"8003": "0" + with_check_digit(_numeric(c + a, 12)) + s}),
    "giai": (2, lambda c, r: {"8004": _asset(c, r)}),
    "gsrn": (2, lambda c, r: {"8018": with_check_digit(_numeric(c + r, 17))}),
    "gsrnp": (2, lambda c, r: {"8017": with_check_digit(_numeric(c + r, 17))}),
    "gdti": (3, lambda c, d, s: {"253": with_check_digit(_numeric(c + d, 12)) + s}),
    "sgcn": (3, lambda c, d, s: {"255": with_check_digit(_numeric(c + d, 12)) + s}),
    "cpi": (3, lambda c, r, s: {"8010": _asset(c, r), "8011": s}),
    "ginc": (2, lambda c, r: {"401": _asset(c, r)}),
    "gsin": (2, lambda c, r: {"402": with_check_digit(_numeric(c + r, 16))}),
}
#: What the schemes name that do not name one serialised thing.
_KINDS = {
    "lgtin": Label.LOT,
    "sscc": Label.UNIT,
    "grai": Label.UNIT,
    "ginc": Label.UNIT,
    "gsin": Label.UNIT,
    "sgln": Label.PLACE,
    "pgln": Label.PARTY,
    "gsrn": Label.PARTY,
    "gsrnp": Label.PARTY,
}
#: Schemes of other owners, whose URNs are names as they stand.
_OTHER_KINDS = {
    "gid": Label.ITEM,
    "usdod": Label.ITEM,
    "adi": Label.ITEM,
    "bic": Label.UNIT,
    "imovn": Label.UNIT,
}
#: Which element holds the serial that a class pattern leaves open.
_SERIALS = ("21", "235", "10", "8011")


def is_epc(text: str) -> bool:
    """Whether the text claims to be an EPC URN."""
    return text[: len(PREFIX)].lower() == PREFIX


def kind_of(text: str) -> Label | None:
    """The kind of thing an EPC URN names by its scheme; None when the scheme is unknown."""
    form, scheme, _ = _parted(text)
    if form == "idpat":
        return Label.PRODUCT if scheme in _SCHEMES else None
    if scheme in _OTHER_KINDS:
        return _OTHER_KINDS[scheme]
    return _KINDS.get(scheme, Label.ITEM) if scheme in _SCHEMES else None


def from_urn(text: str) -> dict[str, str] | None:
    """The GS1 elements of an EPC URN; a class pattern ``….*`` gives those of its class.

    None when it is of another owner's scheme, or the numbers in it make no GS1 key
    (wrong length, letters): the URN itself is still a name.
    Raises InvalidIdentifier for missing parts.
    """
    form, scheme, body = _parted(text)
    if form == "id" and scheme in _OTHER_KINDS and body:
        return None
    count, build = _SCHEMES.get(scheme, (0, dict))
    parts = [unquote(part) for part in body.split(".", count - 1)] if count else []
    if form not in ("id", "class", "idpat") or len(parts) != count or not all(parts[:1] or [""]):
        raise invalid("urn", text)
    try:
        return _closed(build(*parts), is_pattern=form == "idpat")
    except ValueError:
        return None


def _parted(text: str) -> tuple[str, str, str]:
    form, _, rest = text[len(PREFIX) :].partition(":")
    scheme, _, body = rest.partition(":")
    return form.lower(), scheme.lower(), body


def _closed(elements: dict[str, str], *, is_pattern: bool) -> dict[str, str]:
    if not is_pattern:
        return elements
    if not any(value.endswith("*") for value in elements.values()):
        raise ValueError("a pattern ends with *")
    whole = {ai: value.removesuffix("*") for ai, value in elements.items()}
    return {ai: value for ai, value in whole.items() if not (ai in _SERIALS and value == "")}


def company_prefix(text: str) -> str | None:
    """The company prefix that an EPC URN spells out, else None."""
    if not is_epc(text):
        return None
    company = text.split(":")[-1].split(".")[0] if text.count(":") == 4 else ""
    return company if is_digits(company) else None


def to_urn(elements: Elements, company: str) -> str | None:
    """The EPC URN of a lot, item, unit, place or party, given its company prefix, else None."""
    if "00" in elements:
        return _split("id:sscc", elements["00"][0], elements["00"][1:-1], company, None)
    if "01" in elements:
        scheme, serial = _gtin_scheme(elements)
        gtin = elements["01"]
        return _split(scheme, gtin[0], gtin[1:-1], company, serial)
    if "414" in elements:
        extension = elements.get("254", "0")
        return _split("id:sgln", "", elements["414"][:-1], company, extension)
    if "417" in elements:
        return _split("id:pgln", "", elements["417"][:-1], company, None)
    return None


def _gtin_scheme(elements: Elements) -> tuple[str, str]:
    if "21" in elements:
        return "id:sgtin", elements["21"]
    if "10" in elements:
        return "class:lgtin", elements["10"]
    return "idpat:sgtin", "*"


def _split(scheme: str, lead: str, body: str, company: str, serial: str | None) -> str | None:
    if not body.startswith(company):
        return None
    tail = "" if serial is None else f".{quote(serial, safe=_SAFE)}"
    return f"{PREFIX}{scheme}:{company}.{lead}{body[len(company) :]}{tail}"
