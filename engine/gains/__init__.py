"""What a branch gave the target, and what follows from it: calibration, gains, advance, safety."""
