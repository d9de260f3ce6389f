"""From a row to an example, as a card's template says."""

from __future__ import annotations

from tasks.posing.answers import UnnamedAnswerError as UnnamedAnswerError
from tasks.posing.labels import LabelNames as LabelNames
from tasks.posing.labels import label_names as label_names
from tasks.posing.pose import pose as pose
