"""The contract as checks: what every policy must pass, ours and anyone's.

In a plug-in's own tests:

    @pytest.mark.parametrize("check", POLICY_CHECKS)
    def test_my_policy_keeps_the_contract(check):
        check(MyPolicy())

A check returns nothing or raises AssertionError with a message that says what to change.
"""

from __future__ import annotations

from policies.testing.checks import POLICY_CHECKS as POLICY_CHECKS
from policies.testing.views import example_views as example_views

__all__ = ["POLICY_CHECKS", "example_views"]
