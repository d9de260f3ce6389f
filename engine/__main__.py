"""`python -m engine ...`, the same as the console script `sextant`."""

from engine.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
