"""Entry point of `python -m lrd_core`."""

from lrd_core.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
