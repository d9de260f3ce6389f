"""Policies that change what is open as rounds pass."""
