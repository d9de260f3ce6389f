"""A task: posed examples in three splits, and how they are judged."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from tasks.example import Example
from tasks.examples import digest_of

Kind = Literal["labels", "options", "score", "text"]
"""labels: one of a fixed set; options: one of the example's own answers; score: a number; text:
written freely (decoders)."""

Split = Literal["train", "validation", "test"]


@dataclass(frozen=True, kw_only=True)
class Task:
    """Examples of one dataset, posed by its card, with the metric that judges answers to them."""

    name: str
    family: str
    kind: Kind
    metric: str
    """A key of `tasks.METRICS`."""
    labels: tuple[str, ...] = ()
    """Label names in index order, for kind "labels"; empty otherwise."""
    description: str = ""
    decoy: bool = False
    """True when the labels are known to carry no information."""
    licence: str = ""
    source: str = ""
    """Where the rows come from, as a person says it: a file's or a data set's name."""
    left_out: Mapping[Split, int] = field(default_factory=dict)
    """split -> rows that no example could be made of; splits that lost none are absent."""
    train: Sequence[Example]
    validation: Sequence[Example]
    test: Sequence[Example]

    def split(self, name: Split) -> Sequence[Example]:
        return {"train": self.train, "validation": self.validation, "test": self.test}[name]

    @cached_property
    def fingerprint(self) -> str:
        """Sha256 (hex) of everything that training on the task depends on."""
        digest = hashlib.sha256(f"{self.name}\0{self.kind}\0{self.labels}\0{self.metric}".encode())
        for examples in (self.train, self.validation, self.test):
            digest.update(digest_of(examples).encode())
        return digest.hexdigest()
