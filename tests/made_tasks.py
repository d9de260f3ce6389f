"""Small tasks written down in a test."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.example import Example
from tasks.pool import Pool
from tasks.screening import Finding, check_pool
from tasks.task import Kind, Split, Task


class Placed(list[Example]):
    """Examples of a file."""

    def __init__(self, file: str, examples: Sequence[Example]) -> None:
        super().__init__(examples)
        self.file = file

    def place(self, index: int) -> str:
        return f"{self.file}: row {index + 1}"


def fillers(count: int, name: str = "filler") -> list[Example]:
    """Different examples of two classes, alike in nothing but their first word."""
    return [Example(text=f"{name} {number}", label=number % 2) for number in range(count)]


def made_task(
    name: str,
    train: Sequence[Example] = (),
    validation: Sequence[Example] = (),
    test: Sequence[Example] = (),
    *,
    kind: Kind = "labels",
) -> Task:
    """A task whose train holds three fillers before what is given."""
    return Task(
        name=name,
        family="f",
        kind=kind,
        metric="accuracy",
        labels=("a", "b") if kind == "labels" else (),
        train=[*fillers(3), *train],
        validation=validation,
        test=test,
    )


def clean_task(name: str, **changed: Sequence[Example]) -> Task:
    """A task that no check finds anything in, but for the splits that are given."""
    splits: dict[Split, Sequence[Example]] = {
        "train": fillers(120, f"{name} train"),
        "validation": fillers(100, f"{name} validation"),
        "test": fillers(100, f"{name} test"),
    }
    return Task(
        name=name,
        family="f",
        kind="labels",
        metric="accuracy",
        labels=("a", "b"),
        train=changed.get("train", splits["train"]),
        validation=changed.get("validation", splits["validation"]),
        test=changed.get("test", splits["test"]),
    )


def with_train(*planted: Example) -> Task:
    """A clean task with examples planted behind the 120 of train, in a file."""
    return clean_task("one", train=Placed("t.csv", [*fillers(120, "one train"), *planted]))


def found(task: Task, *more: Task, targets: Sequence[str] = ()) -> list[Finding]:
    """Findings about a task, alone or in a pool."""
    findings = check_pool(Pool([task, *more]), targets)
    return [finding for finding in findings if finding.task == task.name]


def only(findings: Sequence[Finding]) -> Finding:
    """The one finding that there is."""
    assert len(findings) == 1, findings
    return findings[0]
