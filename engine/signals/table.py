"""Signals that are a function of a model and some probes.

A new one is entered here; in `sources` with when it is called and how often it reads, which is said
there because what things cost is known before torch is loaded; and in `policies.SIGNALS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.model.batch import Encoded
from engine.model.interface import TaskModel
from engine.signals.lookahead import lookahead
from engine.signals.text import text

Probes = Mapping[str, Sequence[Encoded]]
"""task -> at least one example."""

SignalFunction = Callable[[TaskModel, Probes, Probes], Mapping[str, NDArray[np.float64]]]
"""(model, candidates' probes, targets' probes) -> target -> (n,), rows as the candidates' probes.

NaN is no evidence. The model is in evaluation mode and must be as it was afterwards, bit by bit. A
candidate's numbers may depend on its own probe and on the targets', on no other candidate: jobs
hold some candidates each, and however they are shared out, on a CPU the numbers must be bitwise the
same.
"""

FUNCTIONS: Mapping[str, SignalFunction] = {"lookahead": lookahead, "text": text}
"""Signal -> its function."""
