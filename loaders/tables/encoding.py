"""Whether a file is UTF-8, and if not, what it most likely is."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import IO

CHUNK = 2**20

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


@dataclass(frozen=True, slots=True)
class NotUtf8:
    """The line (1 = first) with the first byte that is not UTF-8, and the likely encoding."""

    line: int
    guess: str


def check_utf8(stream: IO[bytes]) -> NotUtf8 | None:
    """Read a stream to its end; None when all of it is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, tail = 1, b""
    while chunk := stream.read(CHUNK):
        if line == 1 and not tail and (guess := _marked(chunk)):
            return NotUtf8(1, guess)
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            return _trouble(error, tail + chunk, line - tail.count(b"\n"))
        line += chunk.count(b"\n")
        tail = chunk[-4096:]
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return NotUtf8(line, guess_encoding(tail))
    return None


def guess_encoding(sample: bytes) -> str:
    """The most likely encoding of bytes that are not UTF-8, by name."""
    if sample.count(b"\0") > len(sample) // 4:
        return "UTF-16"
    if _share(sample, "shift_jis", 0x3040, 0x30FF) > 0.3:
        return "Shift_JIS"
    if _share(sample, "gb18030", 0x4E00, 0x9FFF) > 0.6:
        return "GB18030 (GBK)"
    return "Windows-1252"


def _marked(head: bytes) -> str | None:
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def _trouble(error: UnicodeDecodeError, seen: bytes, line: int) -> NotUtf8:
    # The decoder may have held back up to three bytes, so positions count from the end.
    from_end = len(error.object) - error.start
    at = max(len(seen) - from_end, 0)
    sample = seen[max(at - 2048, 0) : at + 2048]
    return NotUtf8(line + seen[:at].count(b"\n"), guess_encoding(sample))


def _share(sample: bytes, encoding: str, first: int, last: int) -> float:
    """Which part of the non-ASCII characters lies in a range when decoded that way."""
    decoded = sample.decode(encoding, errors="replace")
    foreign = [c for c in decoded if ord(c) > 127]
    return sum(first <= ord(c) <= last for c in foreign) / max(len(foreign), 1)
