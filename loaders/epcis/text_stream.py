"""A JSON text read in pieces: values are decoded one at a time, with their line numbers.

The standard decoder works on a buffer; when a value does not end within it more
is read. So a file of any size needs memory for its largest value only.
"""

from __future__ import annotations

import codecs
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from loaders.epcis.raw import Fault, Unreadable

_ID = "eventID"
_CHUNK = 1 << 20
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_SPACE = re.compile(r"[ \t\r\n]*")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: A string, or what strict JSON does not have: a comment, or a comma before a closing bracket.
_LENIENT = re.compile(
    r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|,(?=\s*(?:(?://[^\n]*\n|/\*.*?\*/)\s*)*[}\]])',
    re.DOTALL,
)


def encoding_of(head: bytes) -> str:
    """The encoding that a byte-order mark names, else UTF-8."""
    for mark, name in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return "utf-8-sig" if name == "utf-8" else name
    return "utf-8"


def _integer(text: str) -> Decimal:
    return Decimal(text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


class TextStream:
    """A cursor over a JSON text; every method raises Unreadable where the text is broken.

    ``lenient`` tells whether comments or surplus commas had to be passed over,
    ``double`` a name that stands twice in an object of the last value, ``has_two_ids``
    whether anywhere an event gave its own id twice: it is an event under either.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        head = self._file.read(4)
        self._file.seek(0)
        self._decode = codecs.getincrementaldecoder(encoding_of(head))()
        self._buffer = ""
        self._position = 0
        self._lines = 1
        self._counted = 0
        self._ended = False
        self._cleaned = False
        self.lenient = False
        self.double: str | None = None
        self.has_two_ids = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=Decimal,
            parse_int=_integer,
            parse_constant=_no_constant,
            strict=False,
        )
        self.is_unicode = True
        self.bytes_read = 0

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    @property
    def line(self) -> int:
        """The line of the cursor, 1 = first."""
        self._lines += self._buffer.count("\n", self._counted, self._position)
        self._counted = self._position
        return self._lines

    def peek(self) -> str:
        """The next character after white space; empty at the end."""
        while True:
            found = _SPACE.match(self._buffer, self._position)
            self._position = found.end() if found else self._position
            if self._position < len(self._buffer):
                return self._next_character()
            if not self._more():
                return ""

    def _next_character(self) -> str:
        character = self._buffer[self._position]
        if character == "/" and self._become_lenient():
            return self.peek()
        return character

    def take(self, expected: str) -> bool:
        """Step over a character if it is the next one."""
        if self.peek() != expected:
            return False
        self._position += 1
        return True

    def expect(self, expected: str) -> None:
        """Step over a character that must come next."""
        if not self.take(expected):
            self.fail(f"'{expected}'")

    def comma(self, closing: str) -> bool:
        """Step over a comma before a further member, or over the closing bracket."""
        if not self.take(","):
            self.expect(closing)
            return False
        self.lenient = self.lenient or self.peek() == closing
        return True

    def value(self) -> Any:
        """The next value whole: object, list, text, Decimal, bool or null.

        ``is_unicode`` then tells whether all its text is valid Unicode.
        """
        self.peek()
        while True:
            self.double = None
            try:
                found, end = self._decoder.raw_decode(self._buffer, self._position)
            except json.JSONDecodeError as error:
                if self._may_go_on(error):
                    continue
                raise self._broken(error) from error
            except (ValueError, RecursionError) as error:
                raise Unreadable(Fault("epcis_nested"), self.line) from error
            if end == len(self._buffer) and self._more():
                # A number may go on in the next piece.
                continue
            self.is_unicode = self._is_unicode(found, end)
            self._position = end
            self._forget()
            return found

    def _object(self, members: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(members)
        if len(found) != len(members):
            # The standard decoder would keep the last of them and lose the others unseen.
            names = [name for name, _ in members]
            doubles = {name for name in names if names.count(name) > 1}
            self.has_two_ids = self.has_two_ids or _ID in doubles
            self.double = self.double or min(doubles - {_ID}, default=None)
        return found

    def _is_unicode(self, value: Any, end: int) -> bool:
        # Only an escaped half of a surrogate pair can spoil a text that was decoded.
        if _SURROGATE.search(self._buffer, self._position, end) is None:
            return True
        try:
            json.dumps(value, ensure_ascii=False, default=str).encode()
        except UnicodeEncodeError:
            return False
        except RecursionError as error:
            raise Unreadable(Fault("epcis_nested"), self.line) from error
        return True

    def fail(self, expected: str) -> NoReturn:
        """Raise for a text that ends too early or holds something else than expected."""
        found = self.peek()
        code = "epcis_json_syntax" if found else "epcis_truncated"
        params = {"why": f"{expected} ≠ '{found}'"}
        raise Unreadable(Fault(code, params=params), self.line)

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        at_end = error.pos > len(self._buffer) - 32 or error.msg.startswith("Unterminated")
        return (at_end and self._more()) or self._become_lenient()

    def _broken(self, error: json.JSONDecodeError) -> Unreadable:
        line = self.line + self._buffer.count("\n", self._position, error.pos)
        at_end = error.pos >= len(self._buffer.rstrip()) or error.msg.startswith("Unterminated")
        code = "epcis_truncated" if at_end else "epcis_json_syntax"
        return Unreadable(Fault(code, params={"why": error.msg}), line)

    def _more(self) -> bool:
        """Read another piece, larger the longer the value is; False at the end of the file."""
        if self._ended:
            return False
        data = self._file.read(max(_CHUNK, len(self._buffer) - self._position))
        self.bytes_read += len(data)
        self._ended = not data
        try:
            self._buffer += self._decode.decode(data, final=self._ended)
        except UnicodeDecodeError as error:
            raise Unreadable(Fault("epcis_encoding"), self.line) from error
        return not self._ended

    def _become_lenient(self) -> bool:
        """Blank out comments and surplus commas in all that follows; False when done before."""
        if self._cleaned:
            return False
        while self._more():
            pass
        rest = self._buffer[self._position :]
        cleaned = _LENIENT.sub(_blank, rest)
        if cleaned == rest:
            return False
        self._buffer = self._buffer[: self._position] + cleaned
        self._cleaned = self.lenient = True
        return True

    def _forget(self) -> None:
        if self._position > _CHUNK:
            self._lines = self.line
            self._buffer = self._buffer[self._position :]
            self._position = self._counted = 0


def _blank(found: re.Match[str]) -> str:
    text = found.group()
    if text.startswith('"'):
        return text
    # Line breaks stay, so that line numbers stay right.
    return re.sub(r"[^\n]", " ", text)
