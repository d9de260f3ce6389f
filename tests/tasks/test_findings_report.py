"""Findings as a person reads them and as a program does."""

from __future__ import annotations

import json

from made_tasks import clean_task

from tasks.pool import Pool
from tasks.screening import Finding, findings_lines, findings_markdown

POOL = Pool([clean_task("one"), clean_task("two")])
REMOVED = Finding(
    check="contamination",
    task="one",
    severity="removed",
    message="Training examples in it: 1,200.",
    places=("a.csv: row 1 = b.csv: row 2", "a.csv: row 3 = b.csv: row 2"),
    count=1200,
)
WARNING = Finding(check="characters", task="two", message="A | bar\nand `code`.", count=1)


def test_the_report_has_a_table_for_each_severity_what_is_removed_first() -> None:
    lines = findings_markdown([REMOVED, WARNING], POOL).splitlines()
    titles = [line for line in lines if line.startswith("#")]
    assert titles == [
        "# Checked tasks",
        "## Taken out of training",
        "## Warnings: nothing is changed",
    ]
    assert lines[2] == (
        "2 tasks with 640 examples; 2 findings in 2 tasks, "
        "1 of them about examples that are taken out of training."
    )
    assert (
        "| one | contamination | 1,200 | Training examples in it: 1,200. "
        "| a.csv: row 1 = b.csv: row 2<br>a.csv: row 3 = b.csv: row 2 |"
    ) in lines


def test_no_text_breaks_the_table() -> None:
    table = findings_markdown([WARNING], POOL).splitlines()
    assert r"| two | characters | 1 | A \| bar and \`code\`. |  |" in table


def test_the_report_says_what_no_check_can_see_even_if_nothing_was_found() -> None:
    text = findings_markdown([], POOL)
    assert "0 findings in 0 tasks" in text
    assert "##" not in text
    assert "shuffled" in text.splitlines()[-1]


def test_every_finding_is_a_line_of_json_with_all_its_fields() -> None:
    lines = findings_lines([REMOVED, WARNING]).splitlines()
    first, second = map(json.loads, lines)
    assert Finding(**{**first, "places": tuple(first["places"])}) == REMOVED
    assert second["severity"] == "warning"
    assert findings_lines([]) == ""
