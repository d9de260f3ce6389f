"""Every metric by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tasks.metrics import classes, correlations, ranking
from tasks.metrics.metric import Metric

METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "accuracy": Metric(score=classes.accuracy),
        "accuracy_macro_f1_mean": Metric(score=classes.accuracy_macro_f1_mean),
        "auroc": Metric(score=ranking.auroc, reads_beliefs=True),
        "exact_match": Metric(score=classes.exact_match),
        "f1": Metric(score=classes.f1),
        "f1_against_favor_mean": Metric(score=classes.f1_against_favor_mean),
        "macro_f1": Metric(score=classes.macro_f1),
        "macro_recall": Metric(score=classes.macro_recall),
        "matthews": Metric(score=classes.matthews),
        "mean_average_precision": Metric(
            score=ranking.mean_average_precision,
            reads_beliefs=True,
            reads_groups=True,
        ),
        "micro_f1": Metric(score=classes.micro_f1),
        "pearson": Metric(score=correlations.pearson),
        "pearson_spearman_mean": Metric(score=correlations.pearson_spearman_mean),
        "spearman": Metric(score=correlations.spearman),
        "weighted_f1": Metric(score=classes.weighted_f1),
    }
)
