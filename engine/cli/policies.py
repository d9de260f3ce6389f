"""`sextant policies ...`."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any, Literal, get_args, get_origin

from rich.markup import escape
from rich.table import Table

from engine.campaign.plugins import load_policy, policy_class, policy_names, policy_options
from engine.cli.console import open_console
from engine.cli.field_docs import field_docs
from policies import Policy
from policies.testing import POLICY_CHECKS
from tasks import InputError


def print_policies() -> None:
    """A line for each installed policy."""
    table = Table(box=None, pad_edge=False)
    table.add_column("policy", style="bold")
    table.add_column("what it does")
    for name in policy_names():
        table.add_row(name, escape(_purpose(policy_class(name))))
    open_console().print(table)


def print_policy(name: str) -> None:
    """What a policy is for, and its options with their defaults and what is said of them."""
    console = open_console()
    found = policy_class(name)
    console.print(f"[bold]{escape(name)}[/bold]\n\n{escape(inspect.getdoc(found) or '')}\n")
    if not dataclasses.is_dataclass(found):
        return
    console.print(_options(found))


def _options(found: type[Policy]) -> Table:
    """A row for each option; what is written under it in the class stands last."""
    table = Table(box=None, pad_edge=False)
    said = field_docs(found)
    table.add_column("option", no_wrap=True)
    for heading in ("type", "default", *(["what it is"] if said else [])):
        table.add_column(heading)
    types = policy_options(found)
    for field in dataclasses.fields(found):  # type: ignore[arg-type]  # the caller asked
        if field.name in types:
            cells = (_kind(types[field.name]), _default(field), said.get(field.name, ""))
            table.add_row(field.name, *map(escape, cells[: len(table.columns) - 1]))
    return table


def run_checks(name: str) -> None:
    """Raises InputError listing the checks that failed."""
    console = open_console()
    policy = load_policy(name, {})
    broken: list[str] = []
    for check in POLICY_CHECKS:
        title = check.__name__.removeprefix("check_").replace("_", " ")
        try:
            check(policy)
            console.print(f"[green]ok[/green]      {escape(title)}")
        except (Exception, SystemExit) as error:  # one that exits must not look like success
            broken.append(f"{title}: {_said(error)}")
            console.print(f"[red]broken[/red]  {escape(title)}")
    if broken:
        raise InputError(broken)


def _said(error: BaseException) -> str:
    """What a check says as it stands; anything else by its kind, for 'SystemExit: 0' needs it."""
    return str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"


def _kind(hint: object) -> str:
    """A type as a person writes it; of a `Literal` only the choices."""
    if get_origin(hint) is Literal:
        return " | ".join(map(repr, get_args(hint)))
    return hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return repr(field.default_factory())
    return "required" if field.default is dataclasses.MISSING else repr(field.default)


def _purpose(found: type) -> str:
    return (inspect.getdoc(found) or "").partition("\n")[0]
