r"""One record as one line of a ledger, and back: checksummed, and chained to the line before.

A line is `<16 hex: chain> <8 hex: crc32 of body> <body>\n`. The body is canonical JSON: the
record's fields beside `seq`, `kind` and `time_utc`. The chain is the first 64 bits of sha256(chain
of the line before, body); it starts from sixteen zeros.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from engine.ledger.records import SCHEMA, Record

MAX_BODY_BYTES = 1_000_000
_PREFIX = 16 + 1 + 8 + 1

_KINDS: Mapping[str, TypeAdapter[Record]] = {
    kind.__name__.lower(): TypeAdapter(kind) for kind in get_args(Record)
}


@dataclass(frozen=True, slots=True)
class Tip:
    """The last line so far: all that the next one depends on."""

    seq: int = 0
    """Its number, counted from 1; 0 before the first."""
    chain: bytes = b"0" * 16


class BadLineError(ValueError):
    """A line that was not written so; the message says what is wrong with it."""


def encode(record: Record, tip: Tip, *, time_utc: str) -> tuple[bytes, Tip]:
    """The line of `record` after `tip`, and the tip after it.

    Raises:
        ValueError: The record holds what JSON has not (NaN, an array), what would read back as
            something else (a tuple where anything may stand), or more than 1 MB.
    """
    fields = _fields(record)
    envelope = {"seq": tip.seq + 1, "kind": kind_of(record), "time_utc": time_utc}
    body = _canonical({**fields, **envelope})
    if len(body) > MAX_BODY_BYTES:
        raise ValueError(
            f"Record '{kind_of(record)}' takes {len(body):,} bytes; at most {MAX_BODY_BYTES:,} "
            "go into one line of a ledger. Keep arrays in files."
        )
    if _validated(kind_of(record), body) != record:
        raise ValueError(
            f"Record '{kind_of(record)}' would read back as another: {record!r:.500}. "
            "Use lists, not tuples, and text keys wherever anything may stand."
        )
    prefix = _prefix(body, tip)
    return prefix + body + b"\n", Tip(tip.seq + 1, prefix[:16])


def decode(line: bytes, tip: Tip) -> tuple[Record, Tip]:
    """The record on `line` (without its newline), which follows `tip`; and the tip after it.

    Raises:
        BadLineError: Not a line that `encode` wrote after `tip`.
        ValueError: It opens a ledger of a schema newer than ours.
    """
    body = line[_PREFIX:]
    prefix = _prefix(body, tip)
    # As bytes: a checksum compared as a number takes 'A' for 'a'.
    if line[16:_PREFIX] != prefix[16:]:
        raise BadLineError("its checksum does not match its text: it was altered or damaged")
    if line[:16] != prefix[:16]:
        raise BadLineError(
            "it does not follow the line before: a line was dropped, doubled or moved, or comes "
            "from another ledger"
        )
    envelope = _envelope(body, tip)
    return _validated(envelope["kind"], body), Tip(tip.seq + 1, prefix[:16])


def kind_of(record: Record) -> str:
    """What a line of such a record calls itself."""
    return type(record).__name__.lower()


def _prefix(body: bytes, tip: Tip) -> bytes:
    chain = hashlib.sha256(tip.chain + body).hexdigest()[:16]
    return f"{chain} {zlib.crc32(body):08x} ".encode()


def _fields(record: Record) -> dict[str, Any]:
    # Not mode="json": that would write NaN as null without a word.
    fields: dict[str, Any] = _KINDS[kind_of(record)].dump_python(record, by_alias=True)
    for name, value in fields.items():
        try:
            _canonical(value)
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"Record '{kind_of(record)}', field {name!r}: {error}.") from error
    return fields


def _as_dict(value: object) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{value!r:.60} ({type(value).__name__}) has no place in JSON")


# Made once: making an encoder costs more than most lines do.
_CANONICAL = json.JSONEncoder(
    sort_keys=True,
    separators=(",", ":"),
    allow_nan=False,
    ensure_ascii=False,
    default=_as_dict,
)


def _canonical(value: Any) -> bytes:
    return _CANONICAL.encode(value).encode()


def _envelope(body: bytes, tip: Tip) -> dict[str, Any]:
    try:
        content = json.loads(body)
        # Finds keys given twice, NaN and whatever else the parser lets pass.
        canonical = _canonical(content) == body
    except (TypeError, ValueError, RecursionError) as error:
        raise BadLineError(f"its body is not JSON: {error}") from error
    if not canonical or not isinstance(content, dict):
        raise BadLineError("its body is not one JSON object with sorted keys, each given once")
    seq = content.get("seq")
    if type(seq) is not int or seq != tip.seq + 1:
        raise BadLineError(f"seq is {seq!r:.60}; expected {tip.seq + 1}")
    if not isinstance(content.get("time_utc"), str):
        raise BadLineError(f"time_utc is {content.get('time_utc')!r:.60}; expected a text")
    _check_kind(content)
    return content


def _check_kind(content: Mapping[str, Any]) -> None:
    kind = content.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise BadLineError(f"kind is {kind!r:.60}; known are {', '.join(_KINDS)}")
    schema = content.get("schema")
    if kind == "opened" and type(schema) is int and schema != SCHEMA:
        versions = content.get("versions")
        by = versions.get("sextant", "?") if isinstance(versions, dict) else "?"
        raise ValueError(
            f"This ledger has schema {schema} and was written by sextant {by!s:.60}; this version "
            f"reads schema {SCHEMA}. Use the version that wrote it."
        )


def _validated(kind: str, body: bytes) -> Record:
    try:
        # Fields that we do not know are passed over, the envelope's among them: they stay in the
        # file. By alias alone, lest a record take the envelope's `kind` for a field of its own.
        return _KINDS[kind].validate_json(
            body, strict=True, extra="ignore", by_alias=True, by_name=False
        )
    except ValidationError as error:
        raise BadLineError(_first_trouble(kind, error)) from error


def _first_trouble(kind: str, error: ValidationError) -> str:
    trouble = error.errors(include_url=False)[0]
    place = ".".join(map(str, (kind, *trouble["loc"])))
    return f"{place}: {trouble['msg']}, got {trouble['input']!r:.60}"


def as_read_back(record: Record) -> Record:
    """`record` as `decode` answers it: equal, with its keys in the order of the file."""
    return _validated(kind_of(record), _canonical(_fields(record)))
