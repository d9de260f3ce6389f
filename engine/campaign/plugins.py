"""Finds policies and executors by name: the same door for ours and for a third party's."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import inspect
import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

from engine.training.executor import Executor, Setting
from policies import SIGNALS, Policy
from tasks import nearest

POLICIES = "sextant.policies"
EXECUTORS = "sextant.executors"


class PluginError(ValueError):
    """A plug-in that the campaign names cannot be had, or not with these options."""


def policy_names() -> list[str]:
    """Every policy installed here, by entry-point name."""
    return sorted(_entries(POLICIES))


def policy_class(name: str) -> type[Policy]:
    """The class behind an entry-point name or `module:Class`.

    Raises:
        PluginError: Unknown, not importable, or not a policy.
    """
    found: Any = _named_class(name) if ":" in name else _installed_class(name)
    if not isinstance(found, type):
        raise PluginError(
            f"Policy {name!r} is {found!r}; it has to be a class, a frozen dataclass."
        )
    for member in ("propose", "needs"):
        if not hasattr(found, member):
            raise PluginError(
                f"Policy {name!r} has no {member!r}; a policy is a frozen dataclass with a property"
                " 'needs' and a method propose(view, rng)."
            )
    return found


def load_policy(name: str, options: Mapping[str, Any]) -> Policy:
    """A policy with its options set and checked.

    Raises:
        PluginError: As `policy_class`; or an option that it does not have or does not accept, or a
            signal that it needs and that does not exist.
    """
    found = policy_class(name)
    known = policy_options(found)
    for option, value in options.items():
        if option not in known:
            raise PluginError(
                f"policy.options.{option}: unknown option of policy {name!r}."
                f" {nearest(option, list(known))}"
            )
        _check_type(name, option, known[option], value)
    try:
        policy = found(**options)
    except (TypeError, ValueError) as error:
        raise PluginError(f"policy.options: policy {name!r}: {error}") from error
    except (Exception, SystemExit) as error:
        raise PluginError(f"policy.options: policy {name!r}: {_said(error)}.") from error
    _check_needs(name, policy)
    return policy


def policy_options(found: type[Policy]) -> dict[str, Any]:
    """Option -> type; what the `policy.options` section of a campaign file may set.

    Raises:
        PluginError: A type is written as a name that does not exist.
    """
    if not dataclasses.is_dataclass(found):
        return {}
    try:
        hints = get_type_hints(found)
    except Exception as error:
        raise PluginError(
            f"Policy {found.__name__!r}: type of an option: {_said(error)}."
        ) from error
    return {f.name: hints[f.name] for f in dataclasses.fields(found) if f.init}


def source_sha256(found: type) -> str:
    """Of the source that defines a plug-in: its file, or its folder where that is a package.

    Returns:
        Hex digits; "" where there is no file.
    """
    file = inspect.getsourcefile(found)
    if file is None:
        return ""
    folder = Path(file).parent
    own_folder = folder.name == Path(file).stem
    files = sorted(folder.glob("*.py")) if own_folder else [Path(file)]
    return hashlib.sha256(b"\0".join(one.read_bytes() for one in files)).hexdigest()


def open_executor(setting: Setting) -> Executor:
    """The executor that the campaign names, without any work started."""
    executor: type[Any] = _entry(EXECUTORS, setting.campaign.executor.name).load()
    made: Executor = executor(setting)
    return made


def check_executor(name: str) -> None:
    """Raises PluginError when no executor of that name is installed."""
    _entry(EXECUTORS, name)


def _entries(group: str) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=group)}


def _entry(group: str, name: str) -> EntryPoint:
    entries = _entries(group)
    if name not in entries:
        kind = group.rsplit(".", 1)[1].removesuffix("s").replace("policie", "policy")
        raise PluginError(f"No {kind} {name!r}. {nearest(name, sorted(entries))}")
    return entries[name]


def _named_class(name: str) -> Any:
    module, _, attribute = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return getattr(importlib.import_module(module), attribute)
    except AttributeError as error:
        raise PluginError(f"Policy {name!r}: module {module!r} has no {attribute!r}.") from error
    except (Exception, SystemExit) as error:  # whatever a module raises when it is imported
        raise PluginError(f"Policy {name!r}: {_said(error)} (started in {here}).") from error


def _installed_class(name: str) -> Any:
    entry = _entry(POLICIES, name)
    try:
        return entry.load()
    except (Exception, SystemExit) as error:
        raise PluginError(f"Policy {name!r} ({entry.value}): {_said(error)}.") from error


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _check_needs(name: str, policy: Policy) -> None:
    try:
        needs: object = policy.needs
    except (Exception, SystemExit) as error:
        raise PluginError(f"Policy {name!r}: its 'needs' failed: {_said(error)}.") from error
    if not isinstance(needs, (frozenset, set)) or not all(isinstance(one, str) for one in needs):
        raise PluginError(
            f"Policy {name!r}: 'needs' is {needs!r}; it has to be a frozenset of signals' names,"
            " e.g. frozenset({'alignment'})."
        )
    for signal in sorted(needs - set(SIGNALS)):
        raise PluginError(
            f"Policy {name!r} needs the signal {signal!r}, which does not exist."
            f" {nearest(signal, SIGNALS)}"
        )


def _check_type(policy: str, option: str, expected: Any, value: Any) -> None:
    try:
        TypeAdapter(expected, config=ConfigDict(strict=True)).validate_python(value)
    except ValidationError as error:
        what = error.errors()[0]["msg"]
        raise PluginError(
            f"policy.options.{option}: policy {policy!r}: {what}, got {value!r}."
        ) from error
    except PydanticUserError as error:
        raise PluginError(
            f"policy.options.{option}: policy {policy!r}: a campaign file cannot set an option of"
            f" type {expected!r}; use numbers, words, and lists of them."
        ) from error
