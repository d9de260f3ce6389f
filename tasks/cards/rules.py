"""Which kinds, labels and metrics go together in one card.

Each rule returns the end of a sentence that starts with the task, or "" where all is well.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from typing import Literal, get_args

from tasks.plain_value import plain
from tasks.problems import quoted
from tasks.task import Kind

MetricName = Literal[
    "accuracy",
    "accuracy_macro_f1_mean",
    "auroc",
    "exact_match",
    "f1",
    "f1_against_favor_mean",
    "macro_f1",
    "macro_recall",
    "matthews",
    "mean_average_precision",
    "micro_f1",
    "pearson",
    "pearson_spearman_mean",
    "spearman",
    "weighted_f1",
]
"""The keys of `tasks.METRICS`, which is not imported here: reading a card stays light."""

Labels = tuple[str, ...] | Mapping[str, str] | Literal["inferred"]
"""As a card gives them; () is none."""

_ONLY_FOR: Mapping[str, Kind] = {
    "auroc": "labels",
    "exact_match": "text",
    "f1_against_favor_mean": "labels",
    "mean_average_precision": "labels",
    "pearson": "score",
    "pearson_spearman_mean": "score",
    "spearman": "score",
}
"""Metrics of one kind alone; the others judge answers chosen from several, labels or options."""

_OF_TWO_LABELS = frozenset({"f1", "mean_average_precision"})
_STANCES = frozenset({"against", "favor"})


def fits(metric: str, kind: Kind) -> bool:
    """Whether a metric can judge tasks of a kind."""
    only = _ONLY_FOR.get(metric)
    return kind == only if only else kind in ("labels", "options")


def names_in(labels: Labels) -> tuple[str, ...]:
    """The label names that a card gives, in index order; () where the data must tell."""
    if isinstance(labels, Mapping):
        return tuple(dict.fromkeys(labels.values()))
    return () if labels == "inferred" else tuple(labels)


def wrong_labels(kind: Kind, labels: Labels) -> str:
    """What is wrong with `labels` for the kind; "" if nothing is."""
    names = names_in(labels)
    if kind in ("score", "text"):
        return "has no 'labels'; leave them out" if labels else ""
    if kind == "options" and labels == "inferred":
        return "cannot infer 'labels'; name the answers in the order of the options, or leave them"
    if same := _same_values(labels):
        return f"gives one value two names: {' and '.join(map(quoted, same))} in 'labels' are equal"
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        return f"names the label {quoted(twice[0])} twice in 'labels'"
    if kind == "labels" and (len(names) == 1 or labels == {}):
        return f"needs at least two names in 'labels', got {_shown(names)}"
    return ""


def wrong_options(kind: Kind, *, has_options: bool) -> str:
    """Whether options are missing or out of place; "" if neither."""
    if kind == "options" and not has_options:
        return "needs 'template.options'"
    if kind != "options" and has_options:
        return "has no 'template.options'; leave them out"
    return ""


def wrong_texts(kind: Kind, label: str, texts: Mapping[str, str | None]) -> str:
    """A model that reads the answer learns nothing; what is written may repeat what was read."""
    if kind == "text":
        return ""
    for part, template in texts.items():
        if template is not None and (label == template or f"{{{label}}}" in template):
            return (
                f"shows its answer, the column {quoted(label)}, in 'template.{part}'; leave it out"
            )
    return ""


def wrong_metric(kind: Kind, metric: MetricName, *, has_pair: bool) -> str:
    """Why the metric cannot judge answers of the kind; "" if it can."""
    if not fits(metric, kind):
        fitting = ", ".join(f"'{name}'" for name in get_args(MetricName) if fits(name, kind))
        return f"needs a metric of {fitting}; got '{metric}'"
    if metric == "mean_average_precision" and not has_pair:
        return f"ranks the pairs that share a text by '{metric}', and so needs 'template.pair'"
    return ""


def wrong_count(kind: Kind, metric: MetricName, names: tuple[str, ...]) -> str:
    """What a metric asks of the label names, once they are known; nothing of () and of options."""
    if kind != "labels" or not names:
        return ""
    if metric in _OF_TWO_LABELS and len(names) != 2:
        return f"needs exactly two labels for the metric '{metric}', got {_shown(names)}"
    if metric == "f1_against_favor_mean" and not _STANCES.issubset(names):
        return (
            f"needs labels named 'against' and 'favor' for the metric '{metric}', "
            f"got {_shown(names)}"
        )
    return ""


def _same_values(labels: Labels) -> list[str]:
    """Keys that mean one value, such as 1 and 1.0, and have different names."""
    if not isinstance(labels, Mapping):
        return []
    for first, second in itertools.combinations(labels, 2):
        if plain(first) == plain(second) and labels[first] != labels[second]:
            return [first, second]
    return []


def _shown(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"[{', '.join(map(quoted, names[:5]))}]{more}"
