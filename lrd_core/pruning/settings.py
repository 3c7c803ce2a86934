"""What a trial is asked for, declared once.

The form of the Pruning page, the options of `prune`, the copied command, the provenance line and
the key of a trial are made from these fields. To add one: a field here; one that changes the
numbers is part of the key and needs a plain value and `added_later`, so that old keys hold.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lrd_core.errors import InputError
from lrd_core.pruning.plan import blocks_for_budget, candidate_blocks, check_removable
from lrd_core.pruning.profile import Indexing
from lrd_core.pruning.rules import SELECTIONS, Selection, all_rules, find_rule
from lrd_core.settings import DTYPES, declared, setting

RANDOM_RULES = ("random", "random-protected")
DEFAULT_RULES = ("gfmi", "frenet", "nrs", "bi", "last-keep-final")
DEFAULT_BUDGETS = (0.1, 0.15, 0.2)
ALLOWED = {
    "seeds": (0, 1_000),
    "subset_limit": (0, 10_000),
    "language_texts": (0, 10_000),
    "batch": (1, 4_096),
    "length": (1, 131_072),
}
"""What may be asked for: a mistyped number would otherwise be days of trials, or end in torch."""

NOTHING_TO_TRY = "nothing to try: name a rule and a budget, or blocks to remove by hand"


@dataclass(frozen=True)
class TrialSettings:
    """What a comparison tries and how it measures; part of the job's payload.

    What changes the numbers is part of a trial's identity; the other settings say which plans are
    made, what they are read from and how they are timed, which rows of the store tell themselves.
    """

    rules: tuple[str, ...] = setting(
        DEFAULT_RULES,
        label="Rules",
        help="Random plans are always tried beside them, with and without the end blocks.",
        choices=tuple(rule.name for rule in all_rules() if not rule.seeded),
        captions={rule.name: rule.label for rule in all_rules()},
        option="many",
        flag="rule",
        always_said=True,
        changes_numbers=False,
    )
    budgets: tuple[float, ...] = setting(
        DEFAULT_BUDGETS,
        label="Budgets",
        help="Share of the candidate blocks that is removed.",
        choices=(*DEFAULT_BUDGETS, 0.25, 0.35, 0.5, 0.6, 0.75),
        option="many",
        flag="budget",
        changes_numbers=False,
    )
    removed: tuple[int, ...] = setting(
        (),
        label="Remove by hand",
        help="Any set of blocks, such as 3,4: shown, tried and exported like a rule's plan.",
        option="joined",
        flag="remove",
        link="remove",
        left_open="none",
        changes_numbers=False,
    )
    indexing: Indexing = setting(
        "block",
        label="Indexing",
        help="block: a block is scored by its own transition. published: by the layer of its "
        "number, one position off, as the authors did.",
        choices=("block", "published"),
        closed=True,
        changes_numbers=False,
    )
    protect: int | None = setting(
        None,
        label="Blocks kept at each end",
        help="They are no candidates of a rule; 3 of them as published, else 1.",
        left_open="as the indexing has it",
        bounds=(0, 6),
        changes_numbers=False,
    )
    selection: Selection | None = setting(
        None,
        label="Selection",
        help="How a rule's scores become a set of blocks.",
        choices=(None, *SELECTIONS),
        captions={"top-m": "top m", "exhaustive": "best subset"},
        left_open="the rule's own",
        closed=True,
        flag="select",
        link="select",
        changes_numbers=False,
    )
    n: int | None = setting(
        300,
        label="Rows evaluated",
        help="Rows, pairs or queries, drawn at random with the seed.",
        left_open="all",
        zero_is_open=True,
        bounds=(20, 1000),
        step=10,
        said="n={}",
        part="sample",
    )
    seed: int = setting(
        0,
        label="Seed",
        help="Of the sample and the calibration texts.",
        bounds=(0, 20),
        said="seed {}",
        part="sample",
    )
    calibration_n: int = setting(
        128,
        label="Calibration texts",
        help="Texts that rules read; none of them is scored.",
        bounds=(32, 512),
        step=32,
        link="texts",
        changes_numbers=False,
    )
    max_length: int | None = setting(
        None,
        label="Tokens a text",
        help="Longer texts are cut.",
        left_open="the model's limit",
        bounds=(32, 512),
        step=32,
        link="tokens",
        said="{} tokens at most",
        part="sample",
    )
    seeds: int = setting(
        20,
        label="Random plans a size",
        help="Of each kind of chance, where not every subset is tried.",
        bounds=(5, 40),
        step=5,
        changes_numbers=False,
    )
    subset_limit: int = setting(
        64,
        label="Every subset up to",
        help="All subsets of a size are tried where they are no more.",
        bounds=(0, 256),
        step=8,
        flag="all-subsets",
        changes_numbers=False,
    )
    dtype: str = setting(
        "auto",
        label="Number format",
        help="auto: float32 on a processor, the weights' own on a GPU.",
        choices=("auto", *DTYPES),
    )
    language_texts: int = setting(
        32,
        label="Texts for perplexity",
        help="Where the model has a language head; 0 measures none.",
        bounds=(0, 128),
        step=4,
        said="perplexity on {} texts",
    )
    latency: bool = setting(
        True,
        label="Take times",
        help="Time physically pruned models beside the full one.",
        flag="no-latency",
        link="take_times",
        changes_numbers=False,
    )
    batch: int = setting(
        8,
        label="Texts a timed batch",
        help="Times of another size stand apart.",
        bounds=(1, 64),
        changes_numbers=False,
    )
    length: int = setting(
        64,
        label="Tokens a timed text",
        help="Times of another length stand apart.",
        bounds=(16, 512),
        step=16,
        changes_numbers=False,
    )

    def to_json(self) -> dict[str, Any]:
        """Plain values with every default filled in."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, payload: Mapping[str, Any]) -> "TrialSettings":
        """The inverse of `to_json`. Raises: InputError for a setting that does not exist."""
        lists: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in payload.items()
        }
        try:
            return cls(**lists)
        except TypeError as error:
            raise InputError(f"these are no settings of a trial ({error})") from error


TRIAL_SETTINGS = declared(TrialSettings)


def check_settings(settings: TrialSettings, num_blocks: int | None = None) -> None:
    """Whatever can be told to be wrong before a model is loaded; num_blocks: None if not known.

    Raises: LrdError naming the setting; PruningError where the blocks do not allow it.
    """
    if not (settings.rules and settings.budgets) and not settings.removed:
        raise InputError(NOTHING_TO_TRY)
    for rule in settings.rules:
        find_rule(rule)
    for budget in settings.budgets:
        blocks_for_budget(budget, 1)
    for one in TRIAL_SETTINGS:
        value = getattr(settings, one.name)
        if one.closed and value not in one.choices:
            known = ", ".join(choice for choice in one.choices if choice is not None)
            raise InputError(f"no {one.label.lower()} {value!r}; choose one of {known}")
    protect = settings.protect or 0
    candidate_blocks(num_blocks or 2 * protect + 1, protect, settings.indexing)
    for name, (least, most) in ALLOWED.items():
        if not least <= getattr(settings, name) <= most:
            raise InputError(f"{name} is {getattr(settings, name)}; give {least} to {most:,}")
    if settings.removed and num_blocks:
        check_removable(num_blocks, settings.removed)


def check_one_plan(settings: TrialSettings) -> None:
    """Raises: InputError unless these settings name one plan: a folder holds one model."""
    rules = [rule for rule in settings.rules if rule not in RANDOM_RULES]
    count = len(rules) * len(settings.budgets) + bool(settings.removed)
    if count != 1:
        raise InputError(
            f"--export writes one plan and these settings give {count}; name one --rule with one "
            "--budget, or only --remove"
        )


def needed_quantities(settings: TrialSettings) -> set[str]:
    """What must be calibrated for the rules of these settings."""
    return {name for rule in settings.rules for name in find_rule(rule).needs}
