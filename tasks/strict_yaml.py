"""YAML as people mean it: plain values, every one with its place, nothing executed or expanded.

What is left out of YAML, and why: tags (they name code), anchors, aliases and merge keys (300 bytes
expand to gigabytes), `no` and `on` as booleans, `12:30` as seconds, `1e-4` as text, repeated keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tasks.names import nearest
from tasks.problems import InputError
from tasks.yaml_reader import KeyPath, Place, YamlReader

YAML_SUFFIXES = (".yaml", ".yml")
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class YamlDocument:
    """One document of a file: plain dicts (keys are text), lists and scalars, and their places."""

    data: dict[str, Any]
    file: str
    """The path as it was given, for messages."""
    values: dict[KeyPath, Place]
    keys: dict[KeyPath, Place]
    settings: Mapping[KeyPath, str] = field(default_factory=dict)
    """What was laid over the file, as it was given, e.g. "--set seed=3"."""

    def say(self, path: KeyPath, words: str, *, of: Literal["value", "key"] = "value") -> str:
        """A message: `words` after where `path` stands, `file:line:column` or the setting."""
        for length in range(len(path), 0, -1):
            if setting := self.settings.get(path[:length]):
                named = ".".join(map(str, path[:length]))
                return f"{setting}: {words.removeprefix(f'{named}: ')}"
        line, column = self.place(path, of=of)
        return f"{self.file}:{line}:{column}: {words}"

    def place(self, path: KeyPath, *, of: Literal["value", "key"] = "value") -> Place:
        """Where something stands.

        Args:
            path: Keys and indices from the top; () is the document itself.
            of: The value, or the key before it.

        Returns:
            (line, column), both from 1; for what is not there, the place of the key it would
            stand under.
        """
        places = self.values if of == "value" else self.keys
        if path in places:
            return places[path]
        for length in range(len(path) - 1, 0, -1):
            if path[:length] in self.values:
                return self.keys.get(path[:length], self.values[path[:length]])
        return self.values[()]


def load_yaml(path: Path) -> YamlDocument:
    """Read a file that holds exactly one document.

    Raises:
        InputError: Naming file, line and column of what cannot be read.
    """
    documents = load_all_yaml(path)
    if len(documents) > 1:
        line, column = documents[1].place(())
        raise InputError(
            [f"{path}:{line}:{column}: a second document starts here; expected one. Remove '---'."]
        )
    return documents[0]


def load_all_yaml(path: Path) -> list[YamlDocument]:
    """Read a file of one or more documents, separated by "---"; empty ones are passed over.

    Raises:
        InputError: Naming file, line and column of what cannot be read.
    """
    return parse_yaml(_read(path), file=str(path))


def parse_yaml(text: str, *, file: str) -> list[YamlDocument]:
    """The documents in `text`; `file` is what messages call it.

    Raises:
        InputError: As for `load_all_yaml`.
    """
    documents = [
        YamlDocument(data=data, file=file, values=values, keys=keys)
        for data, values, keys in YamlReader(file, text.removeprefix("\ufeff")).documents()
    ]
    if not documents:
        raise InputError([f"{file}:1:1: the file is empty; expected a mapping, `key: value`."])
    return documents


def yaml_files(folder: Path) -> list[Path]:
    """In the order of names: *.yaml and *.yml.

    Raises:
        OSError: If it cannot be listed.
    """
    return sorted(file for file in folder.iterdir() if file.suffix in YAML_SUFFIXES)


def _read(path: Path) -> str:
    try:
        content = _bytes(path)
    except OSError as error:  # no permission, a name that is too long
        raise InputError([f"{path}: cannot be read: {error.strerror}."]) from None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        wrong = f"not UTF-8 at byte {error.start} (0x{content[error.start]:02x})"
        raise InputError(
            [f"{path}:{line}: {wrong}. Convert the file, e.g. iconv -t utf-8."]
        ) from None


def _bytes(path: Path) -> bytes:
    if not path.exists():
        siblings = yaml_files(path.parent) if path.parent.is_dir() else []
        hint = nearest(path.name, [sibling.name for sibling in siblings])
        raise InputError([f"{path}: no such file. {hint}".rstrip()])
    if not path.is_file():
        raise InputError([f"{path}: not a regular file; expected a YAML file."])
    with path.open("rb") as stream:
        content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise InputError(
            [f"{path}: larger than {_MOST_BYTES:,} bytes, the most a YAML file may be."]
        )
    return content
