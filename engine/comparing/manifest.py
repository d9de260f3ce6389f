"""comparison.yaml: what a folder compares, so that a later start goes on with the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from engine.campaign.opening import MAY_CHANGE, config_of
from engine.comparing.comparison import FILE_NAME, Comparison
from engine.storage.disk import disk_errors
from engine.storage.whole_file import TEMPORARY, write_whole
from tasks import InputError

_SET_BY_COMPARISON = frozenset({"target", "seed", "policy", "evidence"})
"""Keys of the campaign file that no campaign of a comparison takes from it."""

_FREE = (MAY_CHANGE - {"budget_tokens"}) | _SET_BY_COMPARISON


def begun(comparison: Comparison) -> Comparison:
    """The comparison as its folder knows it; written down where the folder is new.

    Policies, targets and seeds may come and go from start to start. What every campaign has in
    common may not, and the budget is part of that.

    Raises:
        InputError: The folder holds another comparison, or something else; or the policy in whose
            campaigns its baselines are trained is not named.
        DiskError: The folder cannot be written.
    """
    path = comparison.path / FILE_NAME
    now = _contents(comparison)
    if not path.is_file():
        _make_folder(comparison.path)
        write_whole(path, yaml.safe_dump(now, sort_keys=False, allow_unicode=True).encode())
        return comparison
    before = _read(path)
    changes = list(_differences("", before["campaign"], now["campaign"]))
    if changes:
        raise InputError(
            [
                f"--out: '{comparison.path}' holds a comparison that differs: {'; '.join(changes)}."
                " Choose another --out, or restore the campaign file."
            ]
        )
    _check_baselines(comparison, before["baselines"])
    return replace(comparison, baselines=before["baselines"])


def _contents(comparison: Comparison) -> dict[str, Any]:
    config = config_of(comparison.campaign)
    return {
        "baselines": comparison.baselines,
        "campaign": {key: value for key, value in config.items() if key not in _FREE},
    }


def _make_folder(path: Path) -> None:
    if path.exists() and (not path.is_dir() or any(map(_strange, path.iterdir()))):
        raise InputError(
            [f"--out: '{path}' holds something else than a comparison; choose an empty directory."]
        )
    with disk_errors(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)


def _strange(path: Path) -> bool:
    # Another start may be writing the same file at this moment.
    return path.name != FILE_NAME and not path.name.startswith(TEMPORARY)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError([f"{path}: cannot be read: {error}."]) from error
    if not isinstance(found, dict) or found.keys() != {"baselines", "campaign"}:
        raise InputError([f"{path}: was altered; restore it, or choose another --out."])
    return found


def _check_baselines(comparison: Comparison, name: str) -> None:
    if name not in {one.name for one in comparison.policies}:
        raise InputError(
            [
                f"--policies: the baselines in '{comparison.path}' are trained in the campaigns of"
                f" {name!r}; name it too."
            ]
        )


def _differences(key: str, before: Any, now: Any) -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in {**before, **now}:
            below = f"{key}.{name}" if key else name
            yield from _differences(below, before.get(name), now.get(name))
    elif before != now:
        yield f"{key}: {before!r} -> {now!r}"
