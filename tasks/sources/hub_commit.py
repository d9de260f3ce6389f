"""Which commit of a hub's data set is meant, and what lies in it, asked of the hub itself."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from huggingface_hub import HfApi, constants
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tasks.problems import InputError
from tasks.sources.wording import first_line

_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500


class UnreachableError(Exception):
    """The hub gave no answer: offline, no network, its own fault, or too late."""


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One state of a data set's repository."""

    name: str
    """With its owner, whatever name it was asked for by."""
    sha: str
    files: frozenset[str]


@functools.lru_cache(maxsize=256)
def commit_on_hub(name: str, *, revision: str | None) -> Commit:
    """The commit `revision`, or the newest.

    Asked once in the life of a process, so that no two splits come from two commits.

    Raises:
        InputError: If the hub knows no such data set or commit, or does not give it to this user.
        UnreachableError: If there is no answer within the seconds of HF_HUB_ETAG_TIMEOUT (10).
    """
    seconds = constants.HF_HUB_ETAG_TIMEOUT
    try:
        info = HfApi().dataset_info(name, revision=revision, timeout=seconds)
    except Exception as error:  # those of its HTTP library are not ours to name
        refusal = _refusal(error, name, revision)
        if refusal is None:
            offline = isinstance(error, OfflineModeIsEnabled)
            why = "HF_HUB_OFFLINE is set" if offline else first_line(error).rstrip(".")
            raise UnreachableError(why) from error
        raise InputError([f"hub data set {name}: {refusal}"]) from None
    files = frozenset(file.rfilename for file in info.siblings or ())
    return Commit(name=info.id, sha=str(info.sha), files=files)


def parquet_copy(name: str) -> str | None:
    """The commit of the copy that the hub itself made of a data set, if it made one."""
    try:
        refs = HfApi().list_repo_refs(name, repo_type="dataset")
    except Exception:  # it would only have helped a message
        return None
    return next((ref.target_commit for ref in refs.converts if ref.name == "parquet"), None)


def _refusal(error: Exception, name: str, revision: str | None) -> str | None:
    """What the hub's answer means to a user; None if it is no answer."""
    if isinstance(error, GatedRepoError):
        page = f"{constants.ENDPOINT}/datasets/{name}"
        return f"given only to those who accept its terms at {page}; then run 'hf auth login'."
    if isinstance(error, RepositoryNotFoundError):
        return "the hub has none of this name. Check the name; a private one needs 'hf auth login'."
    if isinstance(error, RevisionNotFoundError):
        return f"it has no commit {revision}. Leave 'revision' out for the newest."
    if isinstance(error, HFValidationError):
        return f"this is no name of a data set, such as 'owner/name'. {first_line(error)}"
    is_http = isinstance(error, HfHubHTTPError)
    status = error.response.status_code if isinstance(error, HfHubHTTPError) else 0
    is_answer = is_http and status < _SERVER_ERROR and status != _TOO_MANY_REQUESTS
    return f"the hub refused it: {first_line(error)}" if is_answer else None
