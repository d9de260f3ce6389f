"""The examples of one split as columns; an example is made when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.example import Example
from tasks.examples import digest_of

# 64-bit offsets: the texts of a split may be more than 2 GB.
SCHEMA = pa.schema(
    {
        "text": pa.large_string(),
        "pair": pa.large_string(),
        "options": pa.large_list(pa.large_string()),
        # One of the two is the label and the other null, so that 1 stays 1, and 1.0 stays 1.0.
        "index": pa.int64(),
        "score": pa.float64(),
        "answer": pa.large_string(),
        "place": pa.large_string(),
    }
)
_BLOCK = 1024


class PosedExamples(Sequence[Example]):
    """Examples over an Arrow record batch of `SCHEMA`, in memory or mapped from a file."""

    def __init__(self, batch: Any, *, digest: str, folder: str | None) -> None:
        """Hold columns.

        Args:
            batch: A `pyarrow.RecordBatch`.
            digest: What `digest_of` would give for the list of examples.
            folder: Put before every place, such as "data/"; None where places are in no folder.
        """
        self._batch, self._digest, self._folder = batch, digest, folder

    def __len__(self) -> int:
        return int(self._batch.num_rows)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        rows = range(len(self))[index]
        if isinstance(rows, range):
            return list(self.take(np.asarray(rows, dtype=np.int64)))
        return next(_examples(self._batch.slice(rows, 1)))

    def __iter__(self) -> Iterator[Example]:
        for start in range(0, len(self), _BLOCK):
            yield from _examples(self._batch.slice(start, _BLOCK))

    def take(self, indices: NDArray[np.int64]) -> Iterator[Example]:
        """The examples at `indices`, each at least 0, in their order."""
        for start in range(0, len(indices), _BLOCK):
            yield from _examples(self._batch.take(pa.array(indices[start : start + _BLOCK])))

    def place(self, index: int) -> str:
        """What messages call the row: "file:line" or "file: row 3"."""
        return f"{self._folder or ''}{self._batch.column('place')[index].as_py()}"

    @property
    def digest(self) -> str:
        return self._digest

    @property
    def batch(self) -> Any:
        """The columns, with places relative to the data folder."""
        return self._batch

    @property
    def folder(self) -> str | None:
        return self._folder


def posed_examples(
    examples: Sequence[Example], places: Sequence[str], *, base: Path | None
) -> PosedExamples:
    """Examples as columns.

    Args:
        examples: Their texts hold no half of a surrogate pair.
        places: Where each comes from.
        base: The data folder, in which all places are; its name is kept apart, for the same data
            may lie elsewhere tomorrow. None for places in no folder.
    """
    folder = None if base is None else in_folder(base)
    scores = [isinstance(example.label, float) for example in examples]
    columns = {
        "text": [example.text for example in examples],
        "pair": [example.pair for example in examples],
        "options": [example.options for example in examples],
        "index": [None if s else e.label for s, e in zip(scores, examples, strict=True)],
        "score": [e.label if s else None for s, e in zip(scores, examples, strict=True)],
        "answer": [example.answer for example in examples],
        "place": [place.removeprefix(folder or "") for place in places],
    }
    return PosedExamples(
        pa.RecordBatch.from_pydict(columns, schema=SCHEMA),
        digest=digest_of(examples),
        folder=folder,
    )


def in_folder(base: Path) -> str:
    """What the paths of its files start with, such as "data/"; "" for the current folder."""
    return str(base / "_")[:-1]


def _examples(batch: Any) -> Iterator[Example]:
    names = ("text", "pair", "options", "index", "score", "answer")
    columns = (batch.column(name).to_pylist() for name in names)
    for text, pair, options, index, score, answer in zip(*columns, strict=True):
        label = index if score is None else score
        yield Example(text, label, pair, tuple(options), answer)
