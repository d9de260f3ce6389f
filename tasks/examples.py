"""Sequences of examples: some of another, where each comes from, what they are as a hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeVar, overload, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tasks.example import Example

T_co = TypeVar("T_co", covariant=True)


@runtime_checkable
class Placed(Protocol):
    """Examples that know their rows."""

    def place(self, index: int) -> str:
        """Where the example at `index` comes from: "file:line" or "file: row 3"."""
        ...


@runtime_checkable
class Hashed(Protocol):
    """Examples whose hash is known without reading them all."""

    @property
    def digest(self) -> str: ...


@runtime_checkable
class Takeable(Protocol[T_co]):
    """Examples of which many are had at once for less than one by one."""

    def take(self, indices: NDArray[np.int64]) -> Iterator[T_co]: ...


class Chosen(Sequence[T_co]):
    """Some of a sequence, by index; nothing is copied, and what is chosen can be said elsewhere.

    A split that is kept on disk stays there, whatever screening takes out of it.
    """

    def __init__(self, of: Sequence[T_co], indices: NDArray[np.int64]) -> None:
        self.of, self.indices = of, indices

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, index: int) -> T_co: ...
    @overload
    def __getitem__(self, index: slice) -> list[T_co]: ...
    def __getitem__(self, index: int | slice) -> T_co | list[T_co]:
        if isinstance(index, slice):
            return list(_taken(self.of, self.indices[index]))
        return self.of[int(self.indices[index])]

    def __iter__(self) -> Iterator[T_co]:
        return _taken(self.of, self.indices)

    def take(self, indices: NDArray[np.int64]) -> Iterator[T_co]:
        return _taken(self.of, self.indices[indices])

    def place(self, index: int) -> str:
        return place_of(self.of, int(self.indices[index]))

    @property
    def digest(self) -> str:
        chosen = hashlib.sha256(digest_of(self.of).encode())  # type: ignore[arg-type]
        chosen.update(np.asarray(self.indices, dtype="<i8").tobytes())
        return chosen.hexdigest()


def place_of(examples: Sequence[Any], index: int) -> str:
    """Where an example comes from, as far as its sequence knows."""
    if isinstance(examples, Placed):
        return examples.place(index)
    return f"example {index + 1}"


def digest_of(examples: Sequence[Example]) -> str:
    """Sha256 (hex) of all that training on the examples depends on, their order included."""
    if isinstance(examples, Hashed):
        return examples.digest
    digest = hashlib.sha256()
    for it in examples:
        fields = [it.text, it.label, it.pair, it.options, it.answer]
        digest.update(json.dumps(fields).encode())
        digest.update(b"\n")
    return digest.hexdigest()


def _taken(examples: Sequence[T_co], indices: NDArray[np.int64]) -> Iterator[T_co]:
    if isinstance(examples, Takeable):
        return examples.take(indices)
    return (examples[int(index)] for index in indices)
