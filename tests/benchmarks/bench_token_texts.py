"""Prompt entropy in a pass: of a sample of the texts, of all of them, against the bare pass.

    python -m tests.benchmarks.bench_token_texts [--texts 1000] [--max-length 512]

MiniLM on BBC news. The three sides are taken turn by turn; ratios are those of medians, of what
the metric adds to the bare pass.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.runs.request import MetricRequest, parse_metrics
from lrd_core.runs.token_sample import TokenWork
from lrd_core.settings import USUAL_TOKEN_TEXTS
from lrd_core.tasks import load_task
from tests.benchmarks.ratios import tell


def seconds(loaded: LoadedModel, texts: Sequence[str], metrics: Sequence[MetricRequest]) -> float:
    """Of processor time of one pass with these metrics."""
    functions = TokenWork(metrics, len(texts), 0).functions
    started = time.process_time()
    extract(loaded, texts, token_metrics=functions)
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--max-length", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    loaded = load_model("all-MiniLM-L6-v2", device="cpu", max_length=asked.max_length)
    texts = load_task("bbc-news", asked.texts, 0).items
    extract(loaded, texts[:32])
    sides = {
        "the bare pass": [],
        f"prompt entropy of {USUAL_TOKEN_TEXTS}": parse_metrics(("prompt_entropy",)),
        "prompt entropy of all": parse_metrics(("prompt_entropy:token_texts=0",)),
    }
    rounds = [
        [seconds(loaded, texts, metrics) for metrics in sides.values()] for _ in range(asked.rounds)
    ]
    medians = [statistics.median(side) for side in zip(*rounds, strict=True)]
    print(f"{len(texts)} texts of up to {asked.max_length} tokens")
    for name, median in zip(sides, medians, strict=True):
        print(f"{name:28} {median:7.1f} s")
        if name != "the bare pass":
            added = max(median / medians[0] - 1, 0.0)
            tell(f"what {name} adds, {asked.max_length} tokens", added, "the bare pass")


if __name__ == "__main__":
    main()
