"""Reading a ledger: every line checked, damage refused, an unfinished last line told apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from engine.ledger.line_format import BadLineError, Tip, decode
from engine.ledger.order import LedgerOrder
from engine.ledger.records import Record


class LedgerDamagedError(Exception):
    """A ledger was altered after it was written. Nothing was changed by finding that out."""

    exit_code: ClassVar[int] = 4

    def __init__(self, path: Path, line: int, byte: int, trouble: str) -> None:
        super().__init__(path, line, byte, trouble)
        self.path, self.line, self.byte, self.trouble = path, line, byte, trouble

    def __str__(self) -> str:
        return (
            f"{self.path}:{self.line}: damaged line (it begins at byte {self.byte}): "
            f"{self.trouble}. Nothing was changed; restore the ledger from a copy."
        )


@dataclass(frozen=True, kw_only=True)
class LedgerContent:
    """What the bytes of a ledger say."""

    records: tuple[Record, ...]
    tip: Tip
    order: LedgerOrder
    num_bytes: int
    """Of the finished lines."""
    torn: bytes
    """What follows them without a newline: an append that never returned."""


def parse_ledger(data: bytes, path: Path) -> LedgerContent:
    """Check every line of `data`; `path` is for messages.

    Raises:
        LedgerDamagedError: A line that ends in a newline fails a check. It was acknowledged, and
            leaving it out would lose what the campaign was built on.
        ValueError: The schema is newer than ours.
    """
    *lines, torn = data.split(b"\n")
    records: list[Record] = []
    tip, order, begin = Tip(), LedgerOrder(), 0
    for line in lines:
        try:
            record, tip = decode(line, tip)
            if trouble := order.trouble(record):
                raise BadLineError(trouble)
        except BadLineError as error:
            raise LedgerDamagedError(path, len(records) + 1, begin, str(error)) from error
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
        order.accept(record)
        records.append(record)
        begin += len(line) + 1
    return LedgerContent(records=tuple(records), tip=tip, order=order, num_bytes=begin, torn=torn)
