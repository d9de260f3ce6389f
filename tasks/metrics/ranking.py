"""Metrics that read how strongly a model believes, and not only what it answers."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from tasks.metrics.judged import Judged

# Shape suffixes: n examples, C answers, G groups.


def auroc(judged: Judged) -> float:
    """Area under the ROC curve: how often a right example is believed more than a wrong one.

    Of each class against the others, averaged over the classes that some, but not all, examples
    have; two classes give the same twice. In [0, 1]; 0.5 is chance, and what is given where all
    examples have one class. Equal beliefs count as half.

    Source: Hanley and McNeil 1982, "The meaning and use of the area under a ROC curve": the
    Mann-Whitney statistic. It is read off all classes' ranks at once, because a bootstrap asks for
    it a thousand times.
    """
    assert judged.beliefs is not None
    true_nC = np.rint(judged.references)[:, None] == np.arange(judged.beliefs.shape[1])
    right_C = true_nC.sum(axis=0)
    wrong_C = len(true_nC) - right_C
    defined_C = (right_C > 0) & (wrong_C > 0)
    if not defined_C.any():
        return 0.5
    ranks_nC = rankdata(judged.beliefs[:, defined_C], axis=0)
    right_C, wrong_C = right_C[defined_C], wrong_C[defined_C]
    rank_sum_C = (ranks_nC * true_nC[:, defined_C]).sum(axis=0)
    return float(np.mean((rank_sum_C - right_C * (right_C + 1) / 2) / (right_C * wrong_C)))


def mean_average_precision(judged: Judged) -> float:
    """Average precision of each question's candidates, ranked by belief in class 1, averaged.

    Questions without any right candidate are left out, as trec_eval does; none left give 0. Of
    candidates believed alike the wrong ones rank first, so that a tie never flatters the model
    and the order of the examples has no part in the value. In [0, 1].

    Source: Manning, Raghavan and Schütze 2008, "Introduction to Information Retrieval", sec. 8.4.
    """
    assert judged.beliefs is not None and judged.groups is not None
    right_n = np.rint(judged.references) == 1
    order_n = np.lexsort((right_n, -judged.beliefs[:, 1], judged.groups))
    right_n, groups_n = right_n[order_n], judged.groups[order_n]
    _, first_G, group_n = np.unique(groups_n, return_index=True, return_inverse=True)
    rank_n = np.arange(len(group_n)) - first_G[group_n] + 1
    found_n = np.cumsum(right_n)
    found_n -= (found_n[first_G] - right_n[first_G])[group_n]
    sum_G = np.bincount(group_n, weights=np.where(right_n, found_n / rank_n, 0.0))
    right_G = np.bincount(group_n, weights=right_n)
    answerable_G = right_G > 0
    if not answerable_G.any():
        return 0.0
    return float(np.mean(sum_G[answerable_G] / right_G[answerable_G]))
