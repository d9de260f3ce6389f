"""Policies as a command line names them: `a,b:option=value,module:Class:option=value`."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.campaign.plugins import load_policy
from policies import Policy
from tasks import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedPolicy:
    """A policy with options, under the name by which tables call it."""

    name: str
    """As it was written, in tables and pictures; distinct among those of one comparison."""
    policy: str
    """Entry-point name or `module:Class`."""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """Its name as a folder's: letters, digits and `._=-`, all else an underscore."""
        return re.sub(r"[^A-Za-z0-9._=-]", "_", self.name)

    def load(self) -> Policy:
        """The policy itself.

        Raises:
            PluginError: It cannot be had, or not with these options.
        """
        return load_policy(self.policy, self.options)


def named_policies(text: str, *, own: Collection[str] = ()) -> tuple[NamedPolicy, ...]:
    """Every policy that `text` names, in its order.

    Args:
        text: As above.
        own: Names that whoever asks has an answer for; all others are looked up.

    Raises:
        PluginError: As `NamedPolicy.load`.
        InputError: None is named, or two would share a folder.
    """
    found = tuple(_named(one.strip()) for one in text.split(",") if one.strip())
    if not found:
        raise InputError(["--policies: names no policy; give one or more, e.g. navigator."])
    _refuse_twins(found)
    for one in found:
        if one.policy not in own:
            one.load()
    return found


def _named(text: str) -> NamedPolicy:
    parts = text.split(":")
    settings = [part.partition("=") for part in parts if "=" in part]
    return NamedPolicy(
        name=text,
        policy=":".join(part for part in parts if "=" not in part),
        options={key: _value(value) for key, _, value in settings},
    )


def _value(text: str) -> Any:
    """JSON where it is (numbers, true, null), else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _refuse_twins(policies: Sequence[NamedPolicy]) -> None:
    folders = [one.folder for one in policies]
    for one in policies:
        if folders.count(one.folder) > 1:
            raise InputError([f"--policies: {one.name!r} is named twice, or reads like another."])
