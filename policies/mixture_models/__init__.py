"""Policies with a model of what whole mixtures give."""
