"""Policies that look at no evidence, or at that of earlier campaigns alone."""
