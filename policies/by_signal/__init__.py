"""Policies that signals decide."""
