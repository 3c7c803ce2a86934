"""What is taken of a model, declared once: options, the copied command and the job's payload."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from lrd_core.errors import InputError
from lrd_core.models.specs import ModelSpec
from lrd_core.models.told_blocks import told_blocks
from lrd_core.settings import RunSettings, declared, setting

AUTO, YES, NO = "auto", "yes", "no"


@dataclass(frozen=True)
class TakeSettings:
    """Which layers, and what follows their pooling."""

    layers: tuple[int, ...] = setting(
        (),
        label="Layer",
        help="The layer to take, 0 is the embedding layer; several with commas: their mean, "
        "in which one that is named twice weighs twice.",
        option="joined",
        flag="layer",
        always_said=True,
    )
    normalise: str = setting(
        AUTO,
        label="Scaled to length 1",
        help="Whether vectors end up with length 1; auto: as the model itself does.",
        choices=(AUTO, YES, NO),
        closed=True,
    )
    pca: int = setting(
        0,
        label="Principal components",
        help="Keep so many directions of the texts of a task; 0 keeps the vectors as they are.",
        bounds=(0, 8192),
    )

    def to_json(self) -> dict[str, Any]:
        """Of plain types, for a job's payload."""
        return asdict(self) | {"layers": list(self.layers)}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "TakeSettings":
        """What to_json gave."""
        return cls(**dict(given) | {"layers": tuple(given["layers"])})


TAKE_SETTINGS = declared(TakeSettings)

READ_BY = ("pooling", "n", "max_length", "seed", "dtype", "prompt", "final_norm", "tail")
"""Settings of a run that a folder can carry, and those of the texts that it is made with."""


def check_layers(settings: TakeSettings, num_blocks: int) -> tuple[int, ...]:
    """The layers in order, each as often as it weighs: 3, 3, 5 for 3, 5, 3; 4 for 4, 4.

    Raises: InputError for none, or for one that the model does not have.
    """
    if not settings.layers:
        raise InputError("no layer to take; name one, such as --layer 4")
    for layer in settings.layers:
        if not 0 <= layer <= num_blocks:
            raise InputError(f"there is no layer {layer}; layers are 0 to {num_blocks}")
    times = Counter(settings.layers)
    common = math.gcd(*times.values())
    return tuple(layer for layer in sorted(times) for _ in range(times[layer] // common))


def check_told(settings: TakeSettings, spec: ModelSpec) -> None:
    """The same before the model is loaded, where it says how many blocks it has.

    Raises: as check_layers.
    """
    told = told_blocks(spec)
    if told is not None:
        check_layers(settings, told)


def layer_words(layers: Sequence[int]) -> str:
    """layer 4, the mean of layers 3, 4, or the mean of layers 3 (twice), 4."""
    times = Counter(layers)
    often = {1: "", 2: " (twice)"}
    named = [f"{one}{often.get(n, f' ({n} times)')}" for one, n in sorted(times.items())]
    return f"layer {named[0]}" if len(times) == 1 else f"the mean of layers {', '.join(named)}"


def check_carried(run: RunSettings, layers: tuple[int, ...]) -> None:
    """Whether a folder can hold what embeddings of these settings are.

    Raises: InputError for a setting that no folder carries.
    """
    plain = RunSettings()
    carried = replace(run, **{name: getattr(plain, name) for name in READ_BY})
    for one in declared(RunSettings):
        if getattr(carried, one.name) != one.default:
            raise InputError(
                f"{one.label.lower()} is {getattr(run, one.name)!r}, which no folder can carry; "
                f"take the layer with {one.default!r}"
            )
    if len(layers) > 1 and "max" in (run.pooling or "").split("+"):
        raise InputError(
            "the mean of several layers is taken before pooling, and the largest value of a mean "
            "is not the mean of largest values; use another pooling than max"
        )
