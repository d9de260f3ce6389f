"""How answers are judged: each metric takes what was judged, higher is better."""

from tasks.metrics.judged import Judged, groups_of
from tasks.metrics.metric import Metric
from tasks.metrics.questions import questions_of
from tasks.metrics.table import METRICS

__all__ = ["METRICS", "Judged", "Metric", "groups_of", "questions_of"]
