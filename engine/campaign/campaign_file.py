"""From a campaign file to a campaign that can start: read strictly, checked, nothing made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.campaign.budget import least_round_tokens
from engine.campaign.campaign_pool import load_campaign_pool
from engine.campaign.model_check import check_answering, check_reading
from engine.campaign.placed_errors import At
from engine.campaign.plugins import check_executor, load_policy
from engine.campaign.roster import Roster, roster_of
from engine.campaign.spec import Campaign
from engine.campaign.target_check import check_judging
from engine.evidence.store import refuse_no_folder
from policies import Policy
from tasks import (
    InputError,
    OnTask,
    Pool,
    Screened,
    UnknownTaskError,
    YamlDocument,
    bind,
    load_all_yaml,
    load_yaml,
    nearest,
    parse_yaml,
    screen,
)


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A campaign whose every name was looked up."""

    campaign: Campaign
    screened: Screened
    """The pool, free of what the targets are judged on, and what that took out."""
    roster: Roster
    policy: Policy

    @property
    def pool(self) -> Pool:
        return self.screened.pool


def read_campaign(path: Path, settings: Sequence[str] = ()) -> tuple[Campaign, YamlDocument]:
    """The campaign that a file describes, with `key=value` settings laid over it.

    Paths of card files and of a local model are made absolute, relative to the file.

    Raises:
        InputError: Every problem with file, line and key.
    """
    _refuse_card(path)
    document = load_yaml(path)
    for setting in settings:
        document = _overridden(document, setting)
    campaign = bind(Campaign, document)
    return _with_absolute_paths(campaign, path.resolve().parent), document


def check_campaign(
    campaign: Campaign, document: YamlDocument, on_task: OnTask | None = None
) -> Checked:
    """Look up every name and load the pool; nothing is written, no model is loaded.

    Raises:
        InputError: A name that does not exist, options that a policy does not take, a model folder
            that is none, more tokens a sequence than the model reads, a budget that buys nothing, a
            target with one answer to everything.
    """
    with At(document, ("policy", "name")):
        policy = load_policy(campaign.policy.name, campaign.policy.options)
    with At(document, ("executor", "name")):
        check_executor(campaign.executor.name)
    check_reading(campaign, document)
    with At(document, ("budget_tokens",)):
        _check_budget(campaign)
    with At(document, ("data",)):
        _check_data(campaign)
    with At(document, ("evidence",)):
        refuse_no_folder(campaign.evidence_folder)
    pool = _load(campaign, document, on_task)
    _check_targets(campaign, pool, document)
    check_answering(campaign, pool, document)
    screened = screen(pool, tuple(campaign.targets))
    with At(document, ("target",)):
        check_judging(campaign.targets, screened.pool, seed=campaign.seed)
    roster = roster_of(campaign, screened.pool)
    if not roster.candidates:
        raise InputError([document.say(("pool",), "pool: no candidates beside the target.")])
    return Checked(
        campaign=campaign,
        screened=screened,
        roster=roster,
        policy=policy,
    )


def _refuse_card(path: Path) -> None:
    first = load_all_yaml(path)[0]
    if {"template", "source"} <= first.data.keys():
        raise InputError(
            [
                first.say(
                    (),
                    "this is a card, which describes a task; expected a campaign. Write one that"
                    f" has `pool: [{path.name}]` and name the target in it.",
                )
            ]
        )


def _check_budget(campaign: Campaign) -> None:
    least = least_round_tokens(campaign)
    if campaign.budget_tokens < least:
        raise ValueError(
            f"budget_tokens: {campaign.budget_tokens} buys no round (warm-up and one round are at"
            f" least {least} tokens); raise it, or take fewer or smaller steps."
        )


def _check_data(campaign: Campaign) -> None:
    folder = campaign.data_folder
    if folder is not None and not folder.is_dir():
        raise ValueError(
            f"data: '{folder}' is no folder; name the one in which the cards' files lie."
        )


def _load(campaign: Campaign, document: YamlDocument, on_task: OnTask | None) -> Pool:
    try:
        with At(document, ("pool",)):
            base = Path(document.file).resolve().parent
            return load_campaign_pool(campaign, base=base, on_task=on_task)
    except UnknownTaskError as error:
        raise InputError([document.say(("exclude",), f"exclude: {error}")]) from error


def _check_targets(campaign: Campaign, pool: Pool, document: YamlDocument) -> None:
    excluded = set(campaign.targets) & set(campaign.exclude)
    problems = [f"target: '{name}' is excluded too; remove one." for name in excluded]
    problems += [
        f"target: no task {name!r} in the pool. {nearest(name, pool)}"
        for name in campaign.targets
        if name not in pool and name not in excluded
    ]
    if problems:
        raise InputError([document.say(("target",), problem) for problem in problems])


def _overridden(document: YamlDocument, setting: str) -> YamlDocument:
    key, equals, text = setting.partition("=")
    if not equals or not key:
        raise InputError([f"--set {setting}: expected KEY=VALUE, e.g. --set rounds.count=2."])
    if "\n" in text:
        raise InputError([f"--set {key}: expected one line, got {text!r}."])
    value = parse_yaml(f"value: {text}", file=f"--set {key}")[0].data["value"]
    path = tuple(key.split("."))
    kept = {at: said for at, said in document.settings.items() if at[: len(path)] != path}
    return replace(
        document,
        data=_with(document.data, list(path), value),
        settings={**kept, path: f"--set {setting}"},
    )


def _with(data: dict[str, object], path: list[str], value: object) -> dict[str, object]:
    first, *rest = path
    if not rest:
        return {**data, first: value}
    below = data.get(first)
    return {**data, first: _with(below if isinstance(below, dict) else {}, rest, value)}


def _with_absolute_paths(campaign: Campaign, base: Path) -> Campaign:
    pool = tuple(str(base / entry) if (base / entry).exists() else entry for entry in campaign.pool)
    local = (base / campaign.model).is_dir() and campaign.model != "minilm"
    model = str((base / campaign.model).resolve()) if local else campaign.model
    data = str((base / campaign.data).resolve()) if campaign.data is not None else None
    evidence = str((base / campaign.evidence).resolve()) if campaign.evidence is not None else None
    return replace(campaign, pool=pool, model=model, data=data, evidence=evidence)
