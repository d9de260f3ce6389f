"""Signals: what a model at a checkpoint tells about tasks before any of them is trained on."""
