"""From a campaign file to a campaign that can start: read strictly, checked, nothing made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.campaign.budget import least_round_tokens
from engine.campaign.campaign_pool import load_campaign_pool
from engine.campaign.plugins import check_executor, load_policy
from engine.campaign.roster import Roster, roster_of
from engine.campaign.spec import Campaign
from engine.model.answers import check_kinds
from engine.model.base_model import check_model
from policies import Policy
from tasks import (
    InputError,
    OnTask,
    Pool,
    Screened,
    UnknownTaskError,
    YamlDocument,
    bind,
    cut_validation,
    load_yaml,
    nearest,
    parse_yaml,
    questions_of,
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
            that is none, a budget that buys nothing.
    """
    with _At(document, ("policy", "name")):
        policy = load_policy(campaign.policy.name, campaign.policy.options)
    with _At(document, ("executor", "name")):
        check_executor(campaign.executor.name)
    with _At(document, ("model",)):
        check_model(campaign.model)
    with _At(document, ("budget_tokens",)):
        _check_budget(campaign)
    with _At(document, ("data",)):
        _check_data(campaign)
    pool = _load(campaign, document, on_task)
    _check_targets(campaign, pool, document)
    with _At(document, ("model",)):
        _check_kinds(campaign, pool)
    screened = screen(pool, tuple(campaign.targets))
    with _At(document, ("target",)):
        _check_splits(campaign, screened.pool)
    roster = roster_of(campaign, screened.pool)
    if not roster.candidates:
        raise InputError([f"{_place(document, ('pool',))}: pool: no candidates beside the target."])
    return Checked(
        campaign=campaign,
        screened=screened,
        roster=roster,
        policy=policy,
    )


def _check_splits(campaign: Campaign, pool: Pool) -> None:
    for name in campaign.targets:
        task = pool[name]
        groups = questions_of(task, "validation")
        cut_validation(len(task.validation), seed=(campaign.seed,), groups=groups)
        if len(task.test) < 2:
            raise ValueError(
                f"target: task {name!r} has {len(task.test)} test examples; at least 2 are needed"
                " to say how sure a difference is."
            )


class _At:
    """Gives an error raised inside the place in the file that caused it."""

    def __init__(self, document: YamlDocument, path: tuple[str | int, ...]) -> None:
        self._document = document
        self._path = path

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ValueError) and not isinstance(error, InputError | UnknownTaskError):
            raise InputError([f"{_place(self._document, self._path)}: {error}"]) from error


def _place(document: YamlDocument, path: tuple[str | int, ...]) -> str:
    line, column = document.place(path)
    return f"{document.file}:{line}:{column}"


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
        with _At(document, ("pool",)):
            base = Path(document.file).resolve().parent
            return load_campaign_pool(campaign, base=base, on_task=on_task)
    except UnknownTaskError as error:
        raise InputError([f"{_place(document, ('exclude',))}: exclude: {error}"]) from error


def _check_kinds(campaign: Campaign, pool: Pool) -> None:
    """Refuse tasks that the model cannot answer; its configuration is read only if it matters."""
    if any(task.kind == "text" for task in pool.values()):
        from engine.model.base_network import is_decoder  # brings in torch

        check_kinds(pool, is_decoder=is_decoder(campaign.model))


def _check_targets(campaign: Campaign, pool: Pool, document: YamlDocument) -> None:
    place = _place(document, ("target",))
    excluded = set(campaign.targets) & set(campaign.exclude)
    problems = [f"{place}: target: '{name}' is excluded too; remove one." for name in excluded]
    problems += [
        f"{place}: target: no task {name!r} in the pool. {nearest(name, pool)}"
        for name in campaign.targets
        if name not in pool and name not in excluded
    ]
    if problems:
        raise InputError(problems)


def _overridden(document: YamlDocument, setting: str) -> YamlDocument:
    key, equals, text = setting.partition("=")
    if not equals or not key:
        raise InputError([f"--set {setting}: expected KEY=VALUE, e.g. --set rounds.count=2."])
    if "\n" in text:
        raise InputError([f"--set {key}: expected one line, got {text!r}."])
    value = parse_yaml(f"value: {text}", file=f"--set {key}")[0].data["value"]
    return replace(document, data=_with(document.data, key.split("."), value))


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
    return replace(campaign, pool=pool, model=model, data=data)
