"""Policies as a command line names them: `a,b:option=value,module:Class:option=value`."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.campaign.plugins import load_policy, policy_names
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
        text: As above. Where a policy and a module have one name, the policy is meant.
        own: Names that whoever asks has an answer for, without options; all others are looked up.

    Raises:
        PluginError: As `NamedPolicy.load`.
        InputError: None is named, two would share a folder, or an option is not written as one.
    """
    found = tuple(_named(one.strip(), own) for one in text.split(",") if one.strip())
    if not found:
        raise InputError(["--policies: names no policy; give one or more, e.g. navigator."])
    _refuse_twins(found)
    for one in found:
        if one.policy not in own:
            one.load()
    return found


def _named(text: str, own: Collection[str]) -> NamedPolicy:
    policy, *settings = text.split(":")
    if settings and "=" not in settings[0] and policy not in {*own, *policy_names()}:
        policy = f"{policy}:{settings.pop(0)}"
    if settings and policy in own:
        raise InputError([f"--policies: {text!r}: {policy!r} has no options; leave them out."])
    return NamedPolicy(name=text, policy=policy, options=_options(text, settings))


def _options(text: str, settings: Sequence[str]) -> dict[str, Any]:
    where = f"--policies: {text!r}"
    options: dict[str, Any] = {}
    for setting in settings:
        option, sign, value = setting.partition("=")
        if not (option and sign):
            raise InputError([f"{where}: {setting!r} sets no option; write OPTION=VALUE."])
        if option in options:
            raise InputError([f"{where}: {option!r} is set twice; give it one value."])
        options[option] = _value(value)
    return options


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
