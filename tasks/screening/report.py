"""Findings as a table to read and as lines to process."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from tasks.pool import Pool
from tasks.screening.facts import SPLITS
from tasks.screening.finding import SEVERITIES, Finding, Severity

UNSEEN = (
    "Not checked, because rows do not show it: shuffled, random or systematically wrong labels, "
    "and languages that share a script. The gain that a campaign measures does show them."
)
_TITLES: Mapping[Severity, str] = {
    "removed": "Taken out of training",
    "warning": "Warnings: nothing is changed",
}
_COLUMNS = ("task", "check", "count", "what", "where (the first 5)")


def findings_markdown(findings: Sequence[Finding], pool: Pool) -> str:
    """A report in Markdown: a table for each severity, and what no check can see."""
    lines = ["# Checked tasks", "", findings_summary(findings, pool), ""]
    for severity in SEVERITIES:
        some = [finding for finding in findings if finding.severity == severity]
        if some:
            lines += [f"## {_TITLES[severity]}", "", *_table(some), ""]
    return "\n".join([*lines, UNSEEN, ""])


def findings_lines(findings: Sequence[Finding]) -> str:
    """One JSON object a line, with the fields of `Finding`."""
    return "".join(json.dumps(asdict(finding), ensure_ascii=False) + "\n" for finding in findings)


def findings_summary(findings: Sequence[Finding], pool: Pool) -> str:
    """One line: how much was checked, and how many findings there are."""
    num_examples = sum(len(task.split(split)) for task in pool.values() for split in SPLITS)
    removed = sum(finding.severity == "removed" for finding in findings)
    tasks = len({finding.task for finding in findings})
    return (
        f"{len(pool):,} tasks with {num_examples:,} examples; {len(findings):,} findings in "
        f"{tasks:,} tasks, {removed:,} of them about examples that are taken out of training."
    )


def _table(findings: Sequence[Finding]) -> list[str]:
    rows = [_COLUMNS, ("---", "---", "---:", "---", "---")]
    for one in findings:
        where = "<br>".join(map(_cell, one.places))
        rows.append((_cell(one.task), one.check, f"{one.count:,}", _cell(one.message), where))
    return [f"| {' | '.join(row)} |" for row in rows]


def _cell(text: str) -> str:
    """Text inside a table: on one line, and no sign of it read as markup."""
    plain = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\|`*_<[" else letter for letter in plain)
