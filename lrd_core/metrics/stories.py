"""Questions that a few series answer together over depth."""

from dataclasses import dataclass

from lrd_core.metrics.score import MEASURED


@dataclass(frozen=True)
class Story:
    """A view worth opening. series: what is drawn, where it is stored; `needed` has to be.

    text: one sentence with the `{task}` or the `{model}` that it is shown for.
    """

    title: str
    text: str
    series: tuple[str, ...]
    needed: tuple[str, ...]


COMPRESSION = Story(
    "Where do layers look compressed, and is it one token?",
    "Entropy of the tokens and of the data set, with and without the tokens that dominate, layer "
    "by layer, on {task}.",
    ("prompt_entropy", "dataset_entropy"),
    ("prompt_entropy",),
)
ANATOMY = Story(
    "Anatomy of a valley",
    "Norm and share of the largest token, attention sinks, and entropy with and without it, over "
    "the layers of {model}.",
    ("prompt_entropy", "norm_ratio", "top_share", "sink_rate", "entropy_bound"),
    ("prompt_entropy", "norm_ratio"),
)
BEST_LAYER = Story(
    "Which layer is best, and would a metric have picked it?",
    "Measured score of every layer of {model} with the picks.",
    ("dime", "prompt_entropy", MEASURED.name),
    (MEASURED.name,),
)
NEIGHBOURS = Story(
    "Where do the neighbours change?",
    "Speed of the principal subspace above the share of nearest neighbours kept.",
    ("speed", "nrs"),
    ("speed", "nrs"),
)
