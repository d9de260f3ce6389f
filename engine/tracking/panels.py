"""What the terminal shows of an event, as rich renderables.

Text objects throughout, never markup strings: what data says is shown, not obeyed.
"""

from __future__ import annotations

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from engine.ledger.records import Delivered
from engine.tracking.events import CampaignDelivered, CampaignOpened, RoundClosed
from engine.tracking.lines import (
    ARM_COLUMNS,
    DELIVERED,
    arm_rows,
    best,
    decision,
    frozen,
    when,
    why_delivered,
)
from engine.wording import (
    arm_text,
    gain_text,
    mixture_text,
    printable,
    tokens_text,
)


def marked(mark: str, colour: str, text: str, *, style: str = "") -> Text:
    """A line with a coloured mark before it, under which long text is indented."""
    return Text.assemble((f"{mark} ", colour), (text, style))


def opened(event: CampaignOpened) -> Panel:
    """The campaign at a glance, when it starts or goes on."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", justify="right")
    facts.add_column()
    for label, value in (
        ("target", printable(event.target)),
        ("candidates", str(event.num_candidates)),
        ("policy", f"{printable(event.policy)}, {event.rounds} rounds"),
        ("budget", f"{tokens_text(event.budget_tokens)} tokens, {event.workers} workers"),
        ("standing", printable(event.standing)),
    ):
        facts.add_row(label, Text(value))
    title = Text.assemble(
        ("sextant ", "bold cyan"),
        (printable(event.name), "bold"),
        (f"  {event.campaign_id[-8:]}", "dim"),
    )
    return Panel(facts, title=title, title_align="left", box=box.ROUNDED, style="", padding=(0, 1))


def closed_round(event: RoundClosed, *, rounds: int) -> Group:
    """One line: round, gain, decision, budget left, mixture; the mixture gives way when narrow."""
    # A group, because a text printed alone forgets that it is not to be wrapped.
    return Group(_round_words(event, rounds))


def _round_words(event: RoundClosed, rounds: int) -> Text:
    index = best(event)
    found = event.gains[index] if index is not None else None
    advanced = found is not None and found.branch == event.advanced
    mixture = mixture_text(event.proposals[index].mixture) if index is not None else ""
    failed = sum(gain.status == "failed" for gain in event.gains)
    gain = gain_text(found.gain, found.se) if found else "no branch finished"
    words = Text(no_wrap=True, overflow="ellipsis")
    words.append("\u25cf " if advanced else "\u25cb ", "green" if advanced else "yellow")
    words.append(f"round {event.round + 1}{f'/{rounds}' if rounds else ''}  ", "bold")
    words.append(f"{gain:<18} ", "green" if advanced else "")
    words.append(f"{decision(event):<27}")
    words.append(f"{tokens_text(event.budget_left):>7} left  ", "dim")
    words.append(f"{failed} failed  " if failed else "", "red")
    words.append(mixture)
    return words


def delivered(event: CampaignDelivered) -> Group:
    """The arms on test, the delivered one marked."""
    arm = arm_text(event.delivered.arm)
    head = Text.assemble(
        ("\u2713 ", "bold green"),
        ("delivered: ", "bold"),
        (arm, "bold green"),
        (f" ({why_delivered(event)})  {when(event)}", "dim"),
    )
    chosen = Text.assemble(("mixture  ", "dim"), frozen(event))
    why = Text.assemble(("because  ", "dim"), printable(event.reason))
    # Never broken, so that it can be copied and clicked whole.
    report = Text.assemble(
        ("report   ", "dim"),
        (printable(event.report), "underline"),
        no_wrap=True,
        overflow="ignore",
    )
    table = Padding(arms_table(event.delivered), (1, 0, 0, 2), expand=False)
    below = Padding(Group(chosen, why, report), (0, 0, 0, 2))
    return Group(Text(), head, table, below)


def arms_table(arms: Delivered, *, lines: box.Box | None = box.SIMPLE_HEAD) -> Table:
    """Selected against its baselines on test; the arm that was delivered is marked."""
    table = Table(box=lines, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in ARM_COLUMNS:
        table.add_column(column, justify="left" if column == ARM_COLUMNS[0] else "right")
    for row in arm_rows(arms):
        style = "bold green" if row[0].startswith(DELIVERED) else ""
        table.add_row(*(Text(cell, style=style) for cell in row))
    return table
