"""All mined functions, without repeated sentences, split by module."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tasks.pydocs.cache import cached
from tasks.pydocs.functions import Function, mine
from tasks.pydocs.packages import installed, source_files
from tasks.task import Split

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
_PER_CENT_TRAIN, _PER_CENT_VALIDATION = 68, 15


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documented functions of the installed packages; no module occurs in two splits."""

    splits: Mapping[Split, tuple[Function, ...]]
    libraries: tuple[str, ...]
    """"numpy 2.4.6" and so on, as mined."""


def load_corpus() -> Corpus:
    """Mined at the first call for these package versions, read from the cache afterwards."""
    versions = installed()
    functions = cached(versions, lambda: _mine_all(versions))
    libraries = tuple(f"{name} {version}" for name, version in versions.items())
    return split_by_module(functions, libraries=libraries)


def _mine_all(libraries: Iterable[str]) -> list[Function]:
    found: list[Function] = []
    for library in libraries:
        for file in source_files(library):
            source = file.path.read_text(encoding="utf-8", errors="replace")
            found.extend(mine(source, library=library, module=file.module))
    return without_repeats(found)


def without_repeats(functions: Iterable[Function]) -> list[Function]:
    """The first function of each summary, and of each description of an argument the first.

    Docstrings are copied from module to module, and copies would leak from split to split.
    """
    summaries: set[str] = set()
    descriptions: set[str] = set()
    kept: list[Function] = []
    for function in functions:
        if _is_new(function.summary, summaries):
            new = tuple(item for item in function.described if _is_new(item.text, descriptions))
            kept.append(replace(function, described=new))
    return kept


def _is_new(text: str, seen: set[str]) -> bool:
    key = normalised(text)
    if key in seen:
        return False
    seen.add(key)
    return True


def normalised(text: str) -> str:
    """Letters of `text` in lower case, one space between words."""
    return " ".join("".join(c if c.isalpha() else " " for c in text.lower()).split())


def split_by_module(functions: Iterable[Function], *, libraries: tuple[str, ...] = ()) -> Corpus:
    """Every function in the split of its module."""
    parts: dict[Split, list[Function]] = {split: [] for split in SPLITS}
    for function in functions:
        parts[split_of(function.module)].append(function)
    return Corpus({split: tuple(part) for split, part in parts.items()}, libraries)


def split_of(module: str) -> Split:
    """The same for ever: it follows from the module's dotted name alone."""
    bucket = int.from_bytes(hashlib.sha256(module.encode()).digest()[:8]) % 100
    if bucket < _PER_CENT_TRAIN:
        return "train"
    return "validation" if bucket < _PER_CENT_TRAIN + _PER_CENT_VALIDATION else "test"
