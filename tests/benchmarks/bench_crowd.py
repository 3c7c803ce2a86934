"""Four writers, eight readers and an export at one store for two minutes: what each came to.

    python -m tests.benchmarks.bench_crowd --seconds 120

Begins with the bundled results. Exits with 1 if a run was lost, ended with work that the store does
not have, or anything failed.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from lrd_core.actions.bundled import load_demo
from lrd_core.config import Config
from tests.store.crowd import afternoon


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = Config(Path(folder) / "data")
        load_demo(config)
        found = afternoon(config, arguments.seconds)
    print(", ".join(f"{count} x {what}" for what, count in sorted(found.done.items())))
    print(f"{len(found.runs)} runs, {len(found.lost)} lost, {len(found.failed)} failed")
    print("\n".join(found.failed + found.lost), end="")
    return int(bool(found.failed or found.lost or found.done["unsaved"]))


if __name__ == "__main__":
    sys.exit(main())
