"""The lines of a text file, plain or gzipped, each known to be UTF-8."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from tasks.problems import InputError
from tasks.sources.limits import LONGEST_CELL
from tasks.sources.wording import first_line


def text_lines(path: Path, *, longest: int | None = LONGEST_CELL) -> Iterator[str]:
    """Each line with its end, which may be that of any system; a byte-order mark is left out.

    Args:
        path: A text file, gzipped if it ends in .gz.
        longest: Characters that a line may hold; None for any number.

    Raises:
        InputError: Naming the line that is no UTF-8, holds NUL or is too long.
    """
    try:
        with _opened(path) as stream:
            # Two more than is allowed, for an end of line that has two characters.
            size = -1 if longest is None else longest + 2
            for number, line in enumerate(iter(lambda: stream.readline(size), ""), 1):
                if longest is not None and len(line.rstrip("\r\n")) > longest:
                    raise InputError([f"{path}:{number}: longer than {longest:,} characters."])
                yield _checked(line, f"{path}:{number}")
    except (OSError, EOFError, zlib.error) as error:
        raise InputError([f"{path}: cannot be read: {first_line(error)}"]) from None


def _opened(path: Path) -> TextIO:
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    stream = opened(path, "rb")
    # Wrong bytes become surrogates, so that the line they stand in can be named.
    return io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _checked(line: str, place: str) -> str:
    try:
        line.encode()
    except UnicodeEncodeError as error:
        at = len(line[: error.start].encode())
        byte = ord(line[error.start]) - 0xDC00
        wrong = f"not UTF-8 at byte {at} of the line (0x{byte:02x})"
        raise InputError([f"{place}: {wrong}. Convert the file, e.g. iconv -t utf-8."]) from None
    if "\0" in line:
        raise InputError([f"{place}: a NUL character. UTF-16? Convert it, e.g. iconv -t utf-8."])
    return line
