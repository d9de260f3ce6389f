"""Whether targets have the examples, and the answers, that a campaign is to be judged on."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tasks import Example, Pool, Split, Task, cut_validation, place_of, questions_of


def check_judging(names: Collection[str], pool: Pool, *, seed: int) -> None:
    """Refuse targets on which no mixture can be told from another.

    Args:
        names: Of the targets, all in `pool`.
        pool: As it is trained on.
        seed: The campaign's, which cuts validation into selection and gate.

    Raises:
        ValueError: A split is too small, or all its answers are the same.
    """
    for name in names:
        task = pool[name]
        groups = questions_of(task, "validation")
        halves = cut_validation(len(task.validation), seed=(seed,), groups=groups)
        _refuse_one_answer(task, "train", range(len(task.train)))
        for half in halves:
            _refuse_one_answer(task, "validation", half.tolist())
        if len(task.test) < 2:
            raise ValueError(
                f"target: task {name!r} has {len(task.test)} test examples; at least 2 are needed"
                " to say how sure a difference is."
            )


def _refuse_one_answer(task: Task, split: Split, rows: Sequence[int]) -> None:
    """Whatever was trained on, such a target is soon answered rightly: any gain looks certain."""
    examples = task.split(split)
    if not rows:
        return
    only = _answer(task, examples[rows[0]])
    if any(_answer(task, examples[row]) != only for row in rows):
        return
    part = "all" if len(rows) == len(examples) else "a half"
    raise ValueError(
        f"target: {part} of the {split} split of task {task.name!r} ({len(rows):,} examples, the"
        f" first is {place_of(examples, rows[0])}) has the one"
        f" answer {only!r}, so that no mixture could be told from another. Give it examples with"
        " other answers, look at `label` of its card, or name another target."
    )


def _answer(task: Task, example: Example) -> str | float:
    match task.kind:
        case "labels":
            return task.labels[int(example.label)]
        case "options":
            # Not the index: data sets with the right one always first are no less to be learned.
            return example.options[int(example.label)]
        case "text":
            return example.answer
        case "score":
            return float(example.label)
