"""The builder of a hub's data set, ready to give its splits: from the hub, or as kept on disk."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any, TypeVar

import datasets
from huggingface_hub import constants

from tasks.names import nearest
from tasks.problems import InputError
from tasks.sources.hub_commit import Commit, UnreachableError, commit_on_hub, parquet_copy
from tasks.sources.kept_copy import kept_commits, kept_copy
from tasks.sources.time_limit import within
from tasks.sources.wording import first_line

T = TypeVar("T")

_log = logging.getLogger(__name__)
_ANSWERS = 6
"""How many times HF_HUB_ETAG_TIMEOUT the description of a data set may take, in all."""


@functools.lru_cache(maxsize=8)
def prepared(name: str, *, config: str | None, revision: str | None) -> Any:
    """A `datasets` builder with every split on disk; the last few are kept, for their other splits.

    Raises:
        InputError: If it cannot be had, saying why.
    """
    # What is named in full cannot have changed, so the hub need not be asked again.
    kept = kept_copy(name, config=config, revision=revision) if config and revision else None
    if kept is not None:
        return kept
    try:
        commit = commit_on_hub(name, revision=revision)
    except UnreachableError as error:
        return _kept_or_refused(name, config=config, revision=revision, why=str(error))
    _refuse_script(name, commit)
    builder = _described(commit, config)
    try:
        builder.download_and_prepare()
    except Exception as error:  # network, disk, file and schema errors share no base class
        cause = error.__cause__ or error  # for "An error occurred while generating the dataset"
        raise _refusal(name, first_line(cause)) from error
    return builder


def _refusal(name: str, words: str) -> InputError:
    return InputError([f"hub data set {name}: {words}"])


def _kept_or_refused(name: str, *, config: str | None, revision: str | None, why: str) -> Any:
    kept = kept_copy(name, config=config, revision=revision)
    if kept is None:
        wanted = f"{f' configuration {config!r}' if config else ''} {revision or ''}".rstrip()
        commits = ", ".join(kept_commits(name)) or "none"
        hint = "" if "/" in name else " Without the hub a name needs its owner, as in 'owner/name'."
        raise _refusal(
            name,
            f"the hub cannot be reached ({why}) and no copy of{wanted or ' it'} is "
            f"kept here; commits kept: {commits}.{hint} Fetch it where there is a network, name "
            "'config' and 'revision', or use files.",
        )
    _log.warning(
        "The hub cannot be reached: data set %s is the copy kept here of configuration '%s', "
        "commit %s.",
        *(name, kept.config.name, kept.hash),
    )
    return kept


def _refuse_script(name: str, commit: Commit) -> None:
    script = f"{commit.name.split('/')[-1]}.py"
    if script not in commit.files:
        return
    copy = parquet_copy(commit.name)
    way = f"Give 'revision: {copy}', the hub's own copy as parquet" if copy else "Use another copy"
    raise _refusal(
        name, f"its rows come from a program, {script}, and none of a data set is run. {way}."
    )


def _described(commit: Commit, config: str | None) -> Any:
    """The builder before it has fetched any rows."""
    # With the prefix, for a bare name may mean a folder here or a file format.
    load = functools.partial(
        datasets.load_dataset_builder, f"hf://datasets/{commit.name}", revision=commit.sha
    )
    try:
        builder = _in_time(commit.name, lambda: load(name=config))
    except InputError:
        raise
    except ValueError as error:
        _refuse_config(commit, config, error)
        builder = _in_time(commit.name, lambda: load(data_dir=config))
    if builder.hash != commit.sha:  # `datasets` falls back on what it kept, whatever went wrong
        raise _refusal(commit.name, f"commit {commit.sha} could not be read; try again.")
    return builder


def _refuse_config(commit: Commit, config: str | None, error: ValueError) -> None:
    """Unless it is a folder, which is how the hub's own parquet copies keep configurations."""
    path = f"hf://datasets/{commit.name}"
    names = _in_time(
        commit.name, lambda: datasets.get_dataset_config_names(path, revision=commit.sha)
    )
    if config is None and len(names) > 1:
        known = f"give one of its configurations as 'config': {', '.join(names)}."
        raise _refusal(commit.name, known)
    if config is None or config in names:
        raise _refusal(commit.name, first_line(error))
    if not any(file.startswith(f"{config}/") for file in commit.files):
        raise _refusal(commit.name, f"no configuration '{config}'. {nearest(config, names)}")


def _in_time(name: str, work: Callable[[], T]) -> T:
    seconds = _ANSWERS * constants.HF_HUB_ETAG_TIMEOUT
    try:
        return within(seconds, work)
    except TimeoutError:
        raise _refusal(
            name,
            f"no whole description of it came within {seconds:.0f} s ({_ANSWERS} times "
            "HF_HUB_ETAG_TIMEOUT); try again, or raise that.",
        ) from None
    except (InputError, ValueError):
        raise
    except Exception as error:  # network, file and schema errors share no base class
        raise _refusal(name, first_line(error)) from error
