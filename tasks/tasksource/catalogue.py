"""The package's catalogue as plain data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks.tasksource.annotation import Annotation

_KINDS = frozenset({"Classification", "SoftLabeling"})
_UNKNOWN = frozenset({"", "unspecified"})


def read_catalogue(package: Any) -> dict[str, Annotation]:
    """Every annotated text task by name; those in other languages start with "multilingual/".

    Args:
        package: `tasksource`, imported. Nothing of it loads data.
    """
    folder = Path(package.__file__).parent
    english = _read(package, folder / "tasks.py", prefix="")
    others = _read(package, folder / "multilingual_tasks.py", prefix="multilingual/")
    return {annotation.name: annotation for part in (english, others) for annotation in part}


def _read(package: Any, file: Path, *, prefix: str) -> Iterator[Annotation]:
    multilingual = bool(prefix)
    of_one_text = _of_one_text(file)
    rows = package.list_tasks(multilingual=multilingual).to_dict("records")
    licences = package.task_licenses(multilingual=multilingual).set_index("id")["license"]
    for row in rows:
        fields = dict(row["mapping"])
        if row["preprocessing_name"] in of_one_text or not _may_have_pair(fields):
            fields.pop("sentence2", None)
        yield Annotation(
            name=f"{prefix}{row['id']}",
            kind=row["task_type"],
            dataset=row["dataset_name"],
            config=row["config_name"] if isinstance(row["config_name"], str) else None,  # or NaN
            fields=fields,
            licence=_known(licences.get(row["id"], "")),
        )


def _may_have_pair(fields: dict[str, Any]) -> bool:
    """Whether "sentence2" names a column: it also is the default, where there may be none.

    Annotations that mean it have a first column of the like name.
    """
    return fields.get("sentence2") != "sentence2" or fields.get("sentence1") == "sentence1"


def _of_one_text(file: Path) -> frozenset[str]:
    """The names in a module that are given an annotation without a second text."""
    found: set[str] = set()
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and _has_one_text(statement.value):
            found.update(name.id for name in statement.targets if isinstance(name, ast.Name))
    return frozenset(found)


def _has_one_text(value: ast.expr) -> bool:
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name):
        return False
    keywords = {keyword.arg for keyword in value.keywords}
    is_open = None in keywords or any(isinstance(item, ast.Starred) for item in value.args)
    given = len(value.args) > 1 or "sentence2" in keywords
    return value.func.id in _KINDS and not is_open and not given


def _known(licence: str) -> str:
    return "" if licence in _UNKNOWN else licence
