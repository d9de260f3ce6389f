r"""One record as one line, and back: `<8 hex: crc32 of body> <body, JSON>\n`.

No chain as in a ledger: campaigns' files are merged, and a line less is evidence less.
"""

from __future__ import annotations

import re
import zlib

from pydantic import TypeAdapter, ValidationError

from engine.evidence.records import Stored

_PREFIX = 8 + 1
_LIKE_OURS = re.compile(rb"[0-9a-f]{8} \{")
_RECORD: TypeAdapter[Stored] = TypeAdapter(Stored)


class BadLineError(ValueError):
    """A line that was not written so; the message says what is wrong with it."""


def encode(record: Stored) -> bytes:
    """The line of `record`, newline included."""
    body = _RECORD.dump_json(record)
    return b"%08x %b\n" % (zlib.crc32(body), body)


def looks_encoded(line: bytes) -> bool:
    """Whether `line` begins as those of `encode` do, however damaged it is further on."""
    return _LIKE_OURS.match(line) is not None


def decode(line: bytes) -> Stored:
    """The record on `line`, which is without its newline.

    Raises:
        BadLineError: Not a line that `encode` wrote.
    """
    body = line[_PREFIX:]
    if line[:_PREFIX] != b"%08x " % zlib.crc32(body):
        raise BadLineError("its checksum does not match its text")
    try:
        return _RECORD.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise BadLineError(f"{place}: {first['msg']}") from error
