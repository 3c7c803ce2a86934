"""Writers, readers and exports on one store at once: does everybody end, and how long do they wait?

    python -m tests.benchmarks.bench_store_load [--writers 4] [--readers 8] [--seconds 120]

Prints one line of JSON. Every writer is a process that saves runs as long work does until the time
is over; every reader polls as pages do; exports follow one another.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parents[2]
ROWS = PROJECT_DIR / "tests" / "store" / "rows.py"


def start(folder: str, *arguments: str) -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONPATH": str(PROJECT_DIR), "LRD_DATA_DIR": f"{folder}/data"}
    return subprocess.Popen(
        [sys.executable, str(ROWS), *arguments],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=120.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        begun = time.monotonic()
        readers = [start(folder, "poll") for _ in range(arguments.readers)]
        failures, runs, exports, longest = 0, 0, 0, 0.0
        while time.monotonic() - begun < arguments.seconds:
            round_begun = time.monotonic()
            writers = [
                start(folder, "work", f"w{name}r{exports}x", "5")
                for name in range(arguments.writers)
            ]
            exporter = start(folder, "export", f"{folder}/out")
            for process in (*writers, exporter):
                said, _ = process.communicate()
                failures += process.returncode != 0
                runs += 5 * ("unsaved 0" in said)
            exports += 1
            longest = max(longest, time.monotonic() - round_begun)
        for reader in readers:
            reader.communicate()
            failures += reader.returncode != 0
        found = {"runs": runs, "exports": exports, "failures": failures}
        print(json.dumps(found | {"longest_round_s": round(longest, 1)}))
    return int(failures > 0 or runs != 5 * arguments.writers * exports)


if __name__ == "__main__":
    sys.exit(main())
