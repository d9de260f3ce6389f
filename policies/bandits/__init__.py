"""Policies that draw tasks by what their branches gave."""
