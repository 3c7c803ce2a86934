"""Prompt entropy of many short texts: the whole run against the bare forward pass.

    python -m tests.benchmarks.bench_short_texts [--texts 20000] [--max-length 8]

MiniLM on Bible verses, cut; where there are fewer verses than texts, they come again with a number
before them. The run reads them from a file, tokenises them, measures the tokens of all of them at
every layer, and stores mean and value of each text. The bare side tokenises, sorts by length, cuts
by the same token budget and pools the last layer.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from lrd_core.config import Config
from lrd_core.models.load import load_model
from lrd_core.runs import RunRequest
from lrd_core.runs.execute import execute_run
from lrd_core.settings import RunSettings
from lrd_core.store.connection import connect
from lrd_core.tasks import load_task
from tests.benchmarks.bare_pass import bare
from tests.benchmarks.ratios import tell

MODEL = "all-MiniLM-L6-v2"


def many(count: int) -> list[str]:
    """So many different short texts."""
    verses = [" ".join(str(verse).split()) for verse in load_task("bible-kjv", None, 0).items]
    return [
        f"{place // len(verses)} {verses[place % len(verses)]}"
        if place >= len(verses)
        else verses[place]
        for place in range(count)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--max-length", type=int, default=8)
    asked = parser.parse_args()
    texts = many(asked.texts)
    loaded = load_model(MODEL, device="cpu", max_length=asked.max_length)
    bare(loaded, texts[:512], asked.max_length)
    forward = bare(loaded, texts, asked.max_length)
    with tempfile.TemporaryDirectory() as folder:
        config = Config(Path(folder) / "data")
        file = Path(folder) / "texts.txt"
        file.write_text("\n".join(texts), encoding="utf-8")
        settings = RunSettings(n=None, max_length=asked.max_length)
        names = ("prompt_entropy:token_texts=0",)
        started = time.perf_counter()
        report = execute_run(RunRequest(MODEL, str(file), names, settings), config=config)
        seconds = time.perf_counter() - started
        with connect(config):
            pass  # what waits is taken in
        megabytes = config.database.stat().st_size / 1e6
    print(f"{report.n:,} texts of up to {asked.max_length} tokens")
    print(f"bare forward pass {forward:7.1f} s, the run {seconds:7.1f} s, store {megabytes:.1f} MB")
    tell(f"prompt entropy of {report.n:,} short texts, stored", seconds / forward, "the bare pass")


if __name__ == "__main__":
    main()
