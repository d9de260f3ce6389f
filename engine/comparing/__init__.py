"""Policies side by side on real training: equal cost, equal luck, and how sure the differences are.

Every policy runs ordinary campaigns, one for each target and seed, in run folders of their own.
Equal seeds mean equal warm-up, equal target examples at each step and equal probes; equal jobs are
done once. `docs/comparing.md` says how to read the result.
"""
