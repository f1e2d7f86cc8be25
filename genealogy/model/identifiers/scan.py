"""Barcode scans: element strings with or without separators, in every way they can be read.

Scanners drop the separator after a lot or serial, and a lot code may look like
an application identifier. So a text without separators is read in every way
whose parts are all valid, longest value first; the caller shows those that exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier

from genealogy.model.identifiers.forms import has_check_digit

SEPARATOR = "\x1d"
_SPELT_SEPARATORS = re.compile(r"<GS>|\{GS\}|\^\]|\\x1[dD]|\\u001[dD]|<FNC1>|␝")
_SYMBOLOGY = re.compile(r"\](?:C1|e0|d2|Q3|J1)")
_SYMBOLOGY_OTHER = re.compile(r"\][A-Za-z]\d")
_DATES = frozenset({"11", "12", "13", "15", "16", "17"})
_CHECKED = {"00": 18, "01": 14, "02": 14, "414": 13, "417": 13}
#: Digits of the longest application identifiers.
_LONGEST_AI = 4
_LONGEST_TEXT = 200
_MOST_READINGS = 50

Reading = dict[str, str]


def unwrapped(text: str) -> str:
    """A scan without its symbology prefix, with every spelling of the separator made real."""
    body = _SYMBOLOGY.sub("", text, count=1) if _SYMBOLOGY.match(text) else text
    return _SPELT_SEPARATORS.sub(SEPARATOR, body).strip(SEPARATOR)


def is_marked(text: str) -> bool:
    """Whether a prefix or separator says that the text is a GS1 scan."""
    return bool(_SYMBOLOGY.match(text)) or SEPARATOR in _SPELT_SEPARATORS.sub(SEPARATOR, text)


def without_symbology(text: str) -> str:
    """A scan of a plain barcode without its symbology prefix such as ``]E0``."""
    return _SYMBOLOGY_OTHER.sub("", text, count=1) if _SYMBOLOGY_OTHER.match(text) else text


def element_strings(text: str) -> list[Reading]:
    """Every way to read the text as GS1 elements, the standard one first.

    Empty when there is none; at most 50, texts over 200 characters are not tried.
    """
    body = unwrapped(text)
    if not body or len(body) > _LONGEST_TEXT:
        return []
    found: list[Reading] = []
    for elements in _readings(body, 0):
        reading = _merged(elements)
        if reading is not None and reading not in found:
            found.append(reading)
        if len(found) == _MOST_READINGS:
            break
    return found


def _merged(elements: list[tuple[str, str]]) -> Reading | None:
    """One value an element; None when one is repeated with another value."""
    reading: Reading = {}
    for ai, value in elements:
        if reading.setdefault(ai, value) != value:
            return None
    return reading


def _readings(text: str, depth: int) -> Iterator[list[tuple[str, str]]]:
    text = text.lstrip(SEPARATOR)
    if not text:
        yield []
        return
    if depth > 12:
        return
    for ai, value, rest in _first_elements(text):
        for tail in _readings(rest, depth + 1):
            yield [(ai, value), *tail]


def _first_elements(text: str) -> Iterator[tuple[str, str, str]]:
    """The elements the text can begin with, longest value first, and what follows each."""
    ai = _application_identifier(text)
    if ai is None:
        return
    end = text.find(SEPARATOR)
    limit = len(text) if end < 0 else end
    for stop in range(limit, len(ai.ai), -1):
        value = text[len(ai.ai) : stop]
        if _is_value(ai, text[:stop], value):
            yield ai.ai, value, text[stop:]


def _application_identifier(text: str) -> GS1ApplicationIdentifier | None:
    return _named_by(text[:_LONGEST_AI])


@lru_cache(maxsize=1 << 14)
def _named_by(beginning: str) -> GS1ApplicationIdentifier | None:
    # Looked for in a list of all, which is most of the time that reading a plain code takes.
    try:
        return GS1ApplicationIdentifier.extract(beginning)
    except ParseError:
        return None


def _is_value(ai: GS1ApplicationIdentifier, element: str, value: str) -> bool:
    if not _pattern(ai.pattern).fullmatch(element):
        return False
    if ai.ai in _DATES and not _is_date(value):
        return False
    # biip keeps a key whose check digit is wrong, so it is verified here.
    return ai.ai not in _CHECKED or has_check_digit(value)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _is_date(value: str) -> bool:
    return 1 <= int(value[2:4]) <= 12 and int(value[4:6]) <= 31
