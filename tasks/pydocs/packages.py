"""Which distributions are read, and where their Python files are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath

# What pyproject.toml depends on, then what those bring along. The order is the order in which
# duplicates are kept: the first package to say a sentence owns it.
REQUIRED = (
    "numpy",
    "scipy",
    "scikit-learn",
    "matplotlib",
    "torch",
    "transformers",
    "datasets",
    "ray",
    "wandb",
    "pydantic",
    "rich",
    "typer",
)
OPTIONAL = (
    "pandas",
    "pyarrow",
    "sympy",
    "networkx",
    "huggingface_hub",
    "fsspec",
    "aiohttp",
    "pillow",
    "fonttools",
    "jinja2",
    "joblib",
    "requests",
    "click",
)

_SKIPPED_FOLDERS = frozenset({"test", "tests", "testing", "vendor", "_vendor", "thirdparty_files"})
_MOST_BYTES_PER_FILE = 400_000
_MOST_BYTES_PER_PACKAGE = 5_000_000


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Python file of an installed package."""

    library: str
    """Name of the distribution."""
    module: str
    """Dotted name."""
    path: Path


def installed() -> dict[str, str]:
    """Distribution -> version, in reading order.

    Raises:
        ModuleNotFoundError: If a required distribution is missing.
    """
    versions = {name: metadata.version(name) for name in REQUIRED}
    for name in OPTIONAL:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def source_files(library: str) -> Iterator[SourceFile]:
    """Files of one distribution, sorted by path; of a very large one a fixed part."""
    distribution = metadata.distribution(library)
    inside = sorted(str(file) for file in distribution.files or () if _is_wanted(file.parts))
    sizes = {name: Path(str(distribution.locate_file(name))).stat().st_size for name in inside}
    kept = _within_budget({n: s for n, s in sizes.items() if s <= _MOST_BYTES_PER_FILE})
    for name in kept:
        path = Path(str(distribution.locate_file(name)))
        yield SourceFile(library=library, module=_module(name), path=path)


def _is_wanted(parts: tuple[str, ...]) -> bool:
    if not parts[-1].endswith(".py") or parts[0] in {"..", "bin"}:
        return False
    return not any(p in _SKIPPED_FOLDERS or p.startswith(("test_", ".")) for p in parts)


def _within_budget(sizes: dict[str, int]) -> list[str]:
    """As many files as fit the budget: by hash, so that no folder is preferred; then sorted."""
    kept, total = [], 0
    for name in sorted(sizes, key=lambda n: hashlib.sha256(n.encode()).hexdigest()):
        total += sizes[name]
        if total > _MOST_BYTES_PER_PACKAGE:
            break
        kept.append(name)
    return sorted(kept)


def _module(name: str) -> str:
    parts = PurePosixPath(name).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
