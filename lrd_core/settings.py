"""How something was embedded, declared once.

Every field of `RunIdentity` is a setting: what it is called, what it does, which value is plain and
whether it changes the numbers. Cache key, columns of `runs`, options of the command line, launch
form, filters, provenance line and copied command are made from it. To add a setting: one field of
`RunSettings`, and one migration that adds its column.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from lrd_core.errors import InputError
from lrd_core.numbers import percent, typed, whole

POOLINGS = ("mean", "cls", "lasttoken", "weightedmean", "max", "mean_sqrt_len")
"""Single ways; several joined by + are put one after the other, such as cls+mean."""

FINAL_NORMS = ("hf", "raw", "all")
CAPTURES = ("block", "attention")
TAILS = ("none", "all")
TOKENS = ("all", "without_dominating")
DTYPES = ("float32", "bfloat16", "float16")

USUAL_TOKEN_TEXTS = 256
"""Texts of a run whose tokens are measured unless more are asked for. No setting of the run, of
which all else stays the same: it is part of what names the values of these metrics."""


@dataclass(frozen=True)
class Family:
    """A kind of model, and how figures tell it from the others.

    words: in lower case; what an unregistered model calls itself when it is of this kind.
    writes: whether its models have a language head, so that their perplexity can be measured.
    """

    name: str
    plural: str
    dash: str
    marker: str
    words: tuple[str, ...]
    writes: bool = False

    @property
    def singular(self) -> str:
        """What one model of it is called."""
        return self.plural.removesuffix("s")


ENCODER, DECODER = "encoder embedder", "decoder embedder"
BASE_LM, STATE_SPACE = "base LM", "state-space"

FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Family(
            STATE_SPACE,
            "state-space models",
            dash="dashdot",
            marker="triangle-up",
            words=("state", "ssm", "mamba"),
            writes=True,
        ),
        Family(BASE_LM, "base LMs", dash="dot", marker="diamond", words=("base",), writes=True),
        Family(DECODER, "decoder embedders", dash="dash", marker="square", words=("decoder",)),
        Family(ENCODER, "encoder embedders", dash="solid", marker="circle", words=("encoder",)),
    )
}
"""By name. What calls itself by words of several is of the first."""


def family_rank(family: str) -> tuple[int, str]:
    """Where a family stands among others: encoders first, unknown ones last."""
    known = list(FAMILIES)[::-1]
    return (known.index(family) if family in known else len(known), family)


def family_title(family: str) -> str:
    """A family as a heading or a label: Decoder embedders."""
    words = FAMILIES[family].plural if family in FAMILIES else family or "unknown family"
    return words[0].upper() + words[1:]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What everything that is made from a setting needs to know of it."""

    name: str
    """Of the field, the column and the key."""
    kind: type
    """Of one value: int, float, bool or str."""
    default: Any
    """What is asked for where nothing is said; MISSING for what is not asked for."""
    label: str
    """Above a widget, in lower case inside a sentence. Filters stand under it in links."""
    help: str
    """One or two sentences."""
    listed: bool = False
    """Whether it has several values at once, as a tuple."""
    plain: Any = None
    """What a run usually came to, which need not be said; None where no value is usual."""
    choices: tuple[Any, ...] = ()
    """What the launch form offers; None stands for what is left open."""
    closed: bool = False
    """Whether no value beside the choices is one."""
    captions: Mapping[Any, str] = field(default_factory=dict)
    """How the launch form calls a choice, where that is not the value itself."""
    words: Mapping[Any, str] = field(default_factory=dict)
    """How a filter calls a run's value, where that is not its caption."""
    left_open: str = ""
    """What nothing (None or an empty text) stands for."""
    bounds: tuple[int | None, int | None] = (None, None)
    """The least and the largest number that the launch form takes."""
    step: int = 1
    """Between two numbers that the launch form offers."""
    zero_is_open: bool = False
    """Whether 0 stands for what is left open, as it does where a choice is None."""
    said: str = "{}"
    """How the provenance line names it, which it does unless it is plain."""
    several: str = "values"
    """What the provenance line calls more of them than it can list."""
    option: Literal["one", "many", "joined", ""] = "one"
    """How it is asked for: once a command, once or more often, as a list with commas, or not."""
    flag: str = ""
    """Name of the option, where that is not the setting's own."""
    always_said: bool = False
    """Whether a copied command names it where it is what nobody needs to ask for."""
    part: Literal["sample", "subject", ""] = ""
    """Runs of another sample can be told beside each other; those of another subject cannot: they
    are of other texts, places or models, not of the same thing measured again."""
    link: str = ""
    """Its name in links of the launch form, where that is not the setting's own."""
    changes_numbers: bool = True
    added_later: bool = False
    """Came after the first cache keys: left out of them where it is plain, so that they hold."""

    @property
    def answered_by_model(self) -> bool:
        """Whether each model has a value of its own where nobody asks for one."""
        return self.default is None or self.default == "auto"

    @property
    def has_filter(self) -> bool:
        """Models and tasks are chosen by controls of their own."""
        return self.changes_numbers and self.option != "many"

    def caption(self, choice: Any) -> str:
        """A choice of the launch form in words."""
        if choice in self.captions:
            return self.captions[choice]
        if choice is None or choice == "":
            return self.left_open
        if self.kind is float:
            return percent(choice)
        return whole(choice) if self.kind is int else str(choice)

    def in_words(self, value: Any) -> str:
        """A run's value in words."""
        if value == "":
            return self.left_open
        return self.words.get(value) or self.captions.get(value) or str(value)

    def parse(self, given: Any) -> Any:
        """What an option or a widget gave, as a value; 0 or "" leaves open what can be."""
        may_be_open = self.zero_is_open or None in self.choices
        return None if not given and may_be_open else given

    def as_option(self, value: Any) -> Any:
        """A value as its option is given it: 0 for what is left open, True for a flag alone."""
        if self.kind is bool:
            return value != self.default
        if self.listed:
            words = [typed(one) if self.kind is float else str(one) for one in value]
            return words if self.option == "many" else ",".join(words)
        return 0 if value is None else value


def setting(default: Any = MISSING, **about: Any) -> Any:
    """A field of a dataclass that is a setting; `about` as the fields of `Setting`."""
    return field(default=default, metadata=about)


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """How texts are sampled and embedded: as asked for, or as it came to. All change the numbers.

    Asked for, some may be left open: None, or the dtype auto. What they came to has none open.
    """

    pooling: str | None = setting(
        None,
        label="Pooling",
        help="How token states become one vector for each text, at every layer; several joined by "
        "+ stand one after the other.",
        choices=(None, *POOLINGS),
        left_open="the model's own",
        said="{} pooling",
    )
    n: int | None = setting(
        1000,
        label="Texts",
        help="Drawn at random with the seed; 1,000 are enough for stable profiles.",
        choices=(100, 300, 1000, 3000, 10_000, None),
        left_open="all",
        part="sample",
    )
    max_length: int | None = setting(
        None,
        label="Longest text",
        help="In tokens; longer texts are cut.",
        left_open="the model's limit, 512 at most",
        bounds=(8, 8192),
        words={0: "no known number of"},
        said="{} tokens at most",
        part="sample",
    )
    seed: int = setting(
        0,
        label="Seed",
        help="Of the sample, the augmentation and the condition.",
        bounds=(0, 2**31 - 1),
        said="seed {}",
        part="sample",
    )
    dtype: str = setting(
        "auto",
        label="Number format",
        help="auto: float32 on a processor, the weights' own on a GPU.",
        choices=("auto", *DTYPES),
    )
    prompt: str = setting(
        "",
        label="Prompt",
        help="Put before every text, character by character.",
        plain="",
        left_open="none",
        said="prompt {}",
        part="sample",
    )
    condition: str = setting(
        "",
        label="Condition",
        help="Extreme input, such as repeat:0.3: repeats tokens (repeat:P), replaces them "
        "(random:P) or keeps the first (length:N); of pictures mask:P, noise:S or blur:R, of "
        "recordings noise:S or length:SECONDS.",
        plain="",
        left_open="plain texts",
        several="conditions",
        part="subject",
    )
    final_norm: str = setting(
        "hf",
        label="Last layer",
        help="Where the model's final normalisation is applied.",
        plain="hf",
        choices=FINAL_NORMS,
        captions={
            "hf": "as Hugging Face gives it",
            "raw": "before the final norm",
            "all": "final norm on every layer",
        },
        words={"hf": "as published", "raw": "before the final norm", "all": "norm on every layer"},
        said="last layer {}",
        link="norm",
    )
    capture: str = setting(
        "block",
        label="Measured at",
        help="After each block, or between its attention and its MLP.",
        plain="block",
        choices=CAPTURES,
        captions={"block": "after each block", "attention": "after attention"},
        words={"block": "blocks", "attention": "attention"},
        said="measured at {}",
        part="subject",
    )
    tail: str = setting(
        "none",
        label="After pooling",
        help="What the model's folder puts after pooling (Dense, Normalize): on no layer, or on "
        "every one, so that the last layer is what the model publishes.",
        plain="none",
        choices=TAILS,
        captions={"none": "nothing", "all": "the model's own tail"},
        words={"none": "pooled states", "all": "model's own tail"},
        said="tail after pooling {}",
        added_later=True,
    )
    tokens: str = setting(
        "all",
        label="Pooled tokens",
        help="all, or without_dominating: leaves out, at each layer, tokens whose norm is over 10 "
        "times the median of their text; without_dominating:20 for another factor.",
        plain="all",
        choices=TOKENS,
        captions={"all": "all tokens", "without_dominating": "without dominating tokens"},
        said="pooled {}",
        added_later=True,
    )

    def described(self) -> dict[str, Any]:
        """What a key is made of: all that change the numbers, later ones where they are not plain.

        So that what was kept before a setting was there is found again.
        """
        return described(self)


@dataclass(frozen=True, kw_only=True)
class RunIdentity(RunSettings):
    """What was embedded, by which model, how. Equal keys (store.keys.run_key): equal numbers.

    Device and batch size change nothing beyond rounding (below 1e-5 in float32), and a result must
    be found again on another machine. So must one of another version of transformers: what that
    reads otherwise shows in `reading`, `pooling` and `max_length`, which are found anew for every
    request of another version.
    """

    model: str = setting(
        label="Models", help="Name, hub id or folder.", option="many", changes_numbers=False
    )
    model_id: str = setting(label="Weights", help="The model's hub id, pack or folder.", option="")
    revision: str = setting(
        label="Model revision",
        help="The hub's commit, a pack's own, or a digest of a folder's files.",
        option="",
        part="subject",
    )
    task: str = setting(label="Tasks", help="Name, folder or MTEB name.", option="many")
    task_revision: str = setting(
        label="Task revision", help="Of the task's data.", said="data {}", option=""
    )
    split: str = setting(
        label="Split",
        help="Which texts of the task.",
        plain="test",
        said="split {}",
        option="",
        part="sample",
    )
    reading: str = setting(
        "",
        label="Read by",
        help="How the model is read where that is neither in its files nor in a setting, such as "
        "by code of its own.",
        plain="",
        left_open="its files alone",
        several="ways to read the model",
        option="",
        added_later=True,
    )
    device: str = setting(
        "auto", label="Device", help="auto, cpu, cuda, mps.", said="on {}", changes_numbers=False
    )


def declared(kind: type = RunIdentity) -> tuple[Setting, ...]:
    """The settings among the fields of a dataclass, in their order."""
    hints = get_type_hints(kind)
    return tuple(
        Setting(
            name=one.name,
            kind=_kind(hints[one.name]),
            listed=get_origin(hints[one.name]) is tuple,
            default=one.default,
            **one.metadata,
        )
        for one in fields(kind)
        if "label" in one.metadata  # `setting` gives one; a row's other columns have none
    )


def _kind(hint: Any) -> type:
    """Of one value. A name out of a few is a text."""
    found = (one for one in (bool, int, float) if one in (hint, *get_args(hint)))
    return next(found, str)


ASKED = declared(RunSettings)
"""What a run is asked for, beside its model, task and device."""

SETTINGS = declared()


def find_setting(name: str) -> Setting:
    """Raises: KeyError for a name that is no setting."""
    return {one.name: one for one in SETTINGS}[name]


def check_bounds(settings: Any) -> None:
    """Raises: InputError for a number outside the bounds that its setting declares."""
    for one in declared(type(settings)):
        value, (low, high) = getattr(settings, one.name), one.bounds
        if (low is not None and value < low) or (high is not None and value > high):
            name = one.flag or one.name
            raise InputError(f"{name} is {value}; choose {low} to {high}")


def described(settings: Any) -> dict[str, Any]:
    """Settings that change the numbers; those that were added later where they are not plain."""
    return {
        one.name: getattr(settings, one.name)
        for one in declared(type(settings))
        if one.changes_numbers
        and not (one.added_later and getattr(settings, one.name) == one.plain)
    }


def changed_options(settings: Any) -> dict[str, Any]:
    """What a command must be given to come to these settings: values by the name of the option."""
    return {
        one.flag or one.name: one.as_option(getattr(settings, one.name))
        for one in declared(type(settings))
        if one.always_said or getattr(settings, one.name) != one.default
    }
