"""How many made-up inputs end in something else than an answer, by kind.

    python -m tests.fuzz.count --inputs 10000

The same inputs each time (`--seed` for others). Exits with 1 where there was any.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from lrd_core.config import load_config
from lrd_core.errors import LrdError
from tests.fuzz.doors import DOORS, SHARES

LONGEST_S = 300
"""No input takes a hundredth of it where nothing else runs."""


class DidNotEnd(BaseException):
    """An input that was still being read when nobody would wait any longer."""


def one_input(door: str, seed: int | str, root: Path) -> tuple[str, str]:
    """The kind of what an input makes a door raise instead of an answer, and its words.

    Both are empty for an answer: a value, or an error of the project that can be shown.
    """
    place = root / "place"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    try:
        with time_limit(), warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            DOORS[door](random.Random(f"{door} {seed}"), place, load_config())
    except LrdError as error:
        return _unprintable(error)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return kind_of(error), (str(error).splitlines() or [""])[0][:300]
    return "", ""


def _unprintable(error: LrdError) -> tuple[str, str]:
    """A message that no terminal and no page can be sent."""
    try:
        str(error).encode()
    except UnicodeEncodeError as fault:
        return f"message of {kind_of(error)}: {fault.reason}", ascii(str(error))[:300]
    return "", ""


def kind_of(error: BaseException) -> str:
    """Its class and the place in the project where it arose; equal for equal faults."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/lrd_core/" in frame.filename] or frames[-1:]
    where = f"{ours[-1].filename.rpartition('/lrd_core/')[2]}:{ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__} at {where}"


@contextlib.contextmanager
def time_limit() -> Iterator[None]:
    def late(*_: object) -> None:
        raise DidNotEnd

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LONGEST_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", default="", help="other inputs")
    parser.add_argument("--door", action="append", choices=sorted(DOORS), help="only these")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first seed")
    arguments = parser.parse_args()
    doors = arguments.door or list(DOORS)
    parts = sum(SHARES.get(door, 1) for door in doors)
    faults: dict[str, list[tuple[str, str]]] = {}
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LRD_DATA_DIR"] = str(Path(folder) / "data")
        load_config.cache_clear()
        for door in doors:
            count = -(-arguments.inputs * SHARES.get(door, 1) // parts)
            started, failed = time.monotonic(), Counter[str]()
            for number in range(arguments.first, arguments.first + count):
                seed = f"{arguments.seed}{number}"
                fault, words = one_input(door, seed, Path(folder))
                if fault:
                    failed[door] += 1
                    faults.setdefault(f"{door}: {fault}", []).append((seed, words))
            total += count
            took = time.monotonic() - started
            print(
                f"{door:<14} {count:>6} inputs {failed[door]:>5} faults {took:6.0f} s", flush=True
            )
    for fault, found in sorted(faults.items(), key=lambda one: -len(one[1])):
        print(f"{len(found):>5} {fault} | seeds {', '.join(seed for seed, _ in found[:4])}")
        print(f"      {found[0][1]!a}")
    print(f"{total} inputs, {sum(map(len, faults.values()))} faults of {len(faults)} kinds")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
