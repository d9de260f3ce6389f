"""The flagship policy: a Gaussian belief about every task's effect, and tests that sharpen it.

In the order in which a decision runs: prior (signals), evidence (history), belief (posterior),
mixing (the best mixture if the belief were true), exploring (which mixtures to test), wording.
"""

from __future__ import annotations

from policies.navigator.navigator import Navigator as Navigator

__all__ = ["Navigator"]
