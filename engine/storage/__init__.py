"""The disk: whole files, checkpoints and arrays under their own hash."""
