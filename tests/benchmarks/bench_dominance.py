"""What it costs to know the dominating tokens in the same pass.

python -m tests.benchmarks.bench_dominance [--texts 256] [--model all-MiniLM-L6-v2]

The bare pass and the pass with norms, places and massive activations, turn by turn; then prompt
entropy alone against prompt entropy with and without dominating tokens. Prints ratios of medians.
"""

import argparse
import statistics
import time
from collections.abc import Sequence

from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.runs.compute import token_function
from lrd_core.runs.request import parse_metrics
from lrd_core.tasks import load_task
from tests.benchmarks.ratios import tell

ROUNDS = 5


def seconds(loaded: LoadedModel, texts: Sequence[str], metrics: Sequence[str]) -> float:
    functions = {one.label: token_function(one) for one in parse_metrics(metrics)}
    started = time.perf_counter()
    extract(loaded, texts, token_metrics=functions)
    return time.perf_counter() - started


def ratio(
    loaded: LoadedModel, texts: Sequence[str], base: Sequence[str], more: Sequence[str]
) -> float:
    """Median over rounds of the time with `more` over the time with `base`, taken in turns."""
    pairs = [(seconds(loaded, texts, base), seconds(loaded, texts, more)) for _ in range(ROUNDS)]
    return statistics.median(after / before for before, after in pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=256)
    parser.add_argument("--model", default="all-MiniLM-L6-v2")
    asked = parser.parse_args()
    loaded = load_model(asked.model, device="cpu", max_length=128)
    texts = load_task("bbc-news", asked.texts, 0).items
    extract(loaded, texts[:32])
    norms = ratio(loaded, texts, (), ("token_norms",))
    tell("a pass with norms, places, massive activations", norms, "the bare pass")
    entropy = ("prompt_entropy",)
    both = ratio(loaded, texts, entropy, (*entropy, "prompt_entropy_without"))
    tell("both prompt entropies", both, "the one of all tokens alone")


if __name__ == "__main__":
    main()
