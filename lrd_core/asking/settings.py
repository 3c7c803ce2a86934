"""What is asked, declared once: options, the copied command and the job's payload."""

from dataclasses import dataclass

from lrd_core.settings import declared, setting


@dataclass(frozen=True)
class AskSettings:
    """How many labels may be used, how a probe is judged by them, and what a layer may cost."""

    labels: int = setting(
        200,
        label="Labels",
        help="Rows of the task whose label is looked at, drawn at random with the seed; 0 for "
        "none.",
        choices=(0, 20, 50, 100, 200, 500),
    )
    folds: int = setting(
        5,
        label="Folds",
        help="A probe is fitted without the fold that it is judged on.",
        bounds=(2, 20),
    )
    repeats: int = setting(
        2, label="Repeats", help="Of the folds, each time drawn anew.", bounds=(1, 20)
    )
    megabytes: int = setting(
        0,
        label="At most, MB",
        help="Layers that need more weights are no candidates; 0 for any size.",
        choices=(0, 25, 50, 100, 200, 500, 1000, 5000),
        captions={0: "any size"},
    )
    milliseconds: int = setting(
        0,
        label="At most, ms",
        help="Layers that take longer, for 8 texts of at most 64 tokens on this machine, are no "
        "candidates; 0 for any speed.",
        choices=(0, 10, 20, 50, 100, 200, 500),
        captions={0: "any speed"},
    )


ASK_SETTINGS = declared(AskSettings)

READ_BY = ("n", "pooling", "max_length", "seed", "dtype", "prompt", "final_norm")
"""Settings of a run by which candidates are read."""
