"""Tasks that the package `tasksource` describes, by name: its annotations as cards.

The package is optional and is imported only when asked for; nothing is downloaded before a task is
loaded. Of the 575 English tasks of tasksource 0.1.1, 316 become cards (262 of kind "labels", 49
"options", 5 "score"), and 81 of the 549 in other languages. The others are refused with what a card
cannot hold: of the English ones 151 have code that changes rows, 90 a text or label computed by
code, 10 are token classification and 8 are read from single files or folders.

Two things differ from what the package itself would load. It says of one task in seven which splits
the data set has; for the others, validation and test are cut from train here, for nothing but a
download would tell. And a multiple choice keeps all of its options, in their order.
"""

from __future__ import annotations

from tasks.tasksource.naming import card_of as card_of
from tasks.tasksource.naming import known_names as known_names
