"""Text made fit for XML 1.0, which has no way to write most control characters."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Nearly all text needs nothing; one search is far cheaper than every replacement.
_SPECIAL = re.compile('[&<>"\x00-\x1f\ud800-\udfff\ufffe\uffff]')


def xml_safe(text: str) -> str:
    """The text with control characters as their pictures (GS as ␝), the rest as U+FFFD."""
    return _FORBIDDEN.sub(lambda found: _picture(found.group()), text)


def xml_text(text: str) -> str:
    """The text as element content; a carriage return survives reading."""
    if not _SPECIAL.search(text):
        return text
    return escape(xml_safe(text), {"\r": "&#13;"})


def xml_attribute(text: str) -> str:
    """The text as a quoted attribute value; line breaks and tabs survive reading."""
    return quoteattr(xml_safe(text)) if _SPECIAL.search(text) else f'"{text}"'


def _picture(character: str) -> str:
    return chr(0x2400 + ord(character)) if character < " " else "\ufffd"
