"""L3, L7 to L12, S1 on made-up stores in which the truth is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lrd_core.analysis.profiles import valley_depth
from lrd_core.claims.bounds import inequalities
from lrd_core.claims.held import Held
from lrd_core.claims.inputs import conditions_move_entropy, reasoning_keeps_entropy, slope_of
from lrd_core.claims.registry import registered
from lrd_core.claims.texts import discoveries, entropies_are_bimodal
from lrd_core.claims.training import middle_changes
from lrd_core.claims.valleys import autoregressive_vision, decoders_have_it, from_a_few_tokens
from lrd_core.settings import DECODER, ENCODER
from tests.claims.made_up import LAYERS, decoder_rows, hill, profile_rows, with_profiles

ALL = (
    *(decoders_have_it, middle_changes, conditions_move_entropy, reasoning_keeps_entropy),
    *(autoregressive_vision, entropies_are_bimodal, inequalities, from_a_few_tokens),
)


@pytest.mark.parametrize("judge", ALL, ids=lambda judge: judge.__name__)
def test_nothing_can_be_said_of_an_empty_store(judge) -> None:
    found = judge(Held())
    assert found.verdict == "not testable here"
    assert found.because and found.settle and found.numbers == ()


def test_depth_is_against_the_lower_end() -> None:
    profiles = np.array([[0.9, 0.2, 0.6], [0.5, 0.7, 0.6], [0.3, 0.4, 0.2]])
    assert valley_depth(profiles) == pytest.approx([0.4, -0.2, -0.2])


def encoders(depth: float) -> list[pd.DataFrame]:
    return [
        profile_rows(f"encoder {n}", "prompt_entropy", hill(0.5, -depth), noise=0.005)
        for n in range(4)
    ]


@pytest.mark.parametrize(
    ("decoder", "encoder", "verdict"),
    [(0.3, 0.0, "holds"), (0.0, 0.3, "contradicted"), (0.2, 0.2, "open")],
)
def test_valleys_of_decoders_and_encoders(decoder: float, encoder: float, verdict: str) -> None:
    rows = [decoder_rows(f"decoder {n}", decoder) for n in range(4)]
    found = decoders_have_it(with_profiles(*rows, *encoders(encoder)))
    assert found.verdict == verdict


def test_only_tasks_that_all_share_are_averaged() -> None:
    """A decoder with a valley on a task that no encoder has does not move the number."""
    rows = [decoder_rows(f"decoder {n}", 0.0) for n in range(4)]
    alone = decoder_rows("decoder 0", 0.4).assign(task="elsewhere")
    found = decoders_have_it(with_profiles(*rows, alone, *encoders(0.0)))
    assert "8 tasks" in found.because and found.main is not None
    assert abs(found.main.value) < 0.05


def test_without_dominating_tokens_is_told_beside() -> None:
    rows = [decoder_rows(f"decoder {n}", 0.3) for n in range(4)]
    without = [decoder_rows(f"decoder {n}", 0.0, series="prompt_entropy_without") for n in range(4)]
    found = decoders_have_it(with_profiles(*rows, *without, *encoders(0.0)))
    (beside,) = [one for one in found.numbers if "without dominating" in one.label]
    assert beside.value < 0.02 < found.main.value


def vision(depths: dict[str, float], family: str) -> list[pd.DataFrame]:
    return [
        profile_rows(m, "prompt_entropy", hill(0.5, -d), family=family, noise=0.001)
        for m, d in depths.items()
    ]


@pytest.mark.parametrize(
    ("others", "verdict"),
    [((0.0, 0.01, 0.0), "holds"), ((0.0, 0.1, 0.0), "open"), ((0.0, 0.5, 0.0), "contradicted")],
)
def test_vision_models_that_fall_too_count_against_the_claim(
    others: tuple[float, ...], verdict: str
) -> None:
    causal = vision({"a": 0.3, "b": 0.32, "c": 0.31}, DECODER)
    rest = vision(dict(zip("xyz", others, strict=True)), ENCODER)
    assert autoregressive_vision(with_profiles(*causal, *rest)).verdict == verdict


def trained(middle: float, ends: float) -> Held:
    rows = []
    for step in range(5):
        moved = np.full(LAYERS + 1, ends * step)
        moved[5:8] = middle * step
        rows.append(
            profile_rows("m", "prompt_entropy", 0.5 + moved, revision=f"step{step}", noise=0.001)
        )
    return Held(checkpoints=pd.concat(rows, ignore_index=True))


@pytest.mark.parametrize(
    ("middle", "ends", "verdict"), [(0.08, 0.01, "holds"), (0.01, 0.08, "contradicted")]
)
def test_where_training_changes_most(middle: float, ends: float, verdict: str) -> None:
    assert middle_changes(trained(middle, ends)).verdict == verdict


def swept(model: str, slopes: dict[str, float]) -> pd.DataFrame:
    """Entropy that moves with the strength of each condition by this slope, at every layer."""
    rows = [profile_rows(model, "prompt_entropy", np.full(LAYERS + 1, 0.6))]
    for kind, slope in slopes.items():
        for strength in (0.25, 0.5, 0.75) if kind != "length" else (8, 16, 32):
            moved = slope * (np.log2(strength) - 6 if kind == "length" else strength)
            values = np.full(LAYERS + 1, 0.6 + moved)
            condition = f"{kind}:{strength}"
            rows.append(profile_rows(model, "prompt_entropy", values, condition=condition))
    return pd.concat(rows)


@pytest.mark.parametrize(
    ("repeat", "verdict"), [(-0.3, "holds"), (0.3, "contradicted"), (None, "not testable here")]
)
def test_all_three_conditions_have_to_move_entropy(repeat: float | None, verdict: str) -> None:
    slopes = {"random": 0.2, "length": 0.05} | ({} if repeat is None else {"repeat": repeat})
    held = Held(
        conditions=pd.concat(
            [swept(f"m{n}", {k: v * (1 + n / 50) for k, v in slopes.items()}) for n in range(4)]
        )
    )
    assert conditions_move_entropy(held).verdict == verdict


def test_a_slope_is_over_the_third_that_is_meant() -> None:
    assert slope_of(swept("m", {"repeat": -0.3}), "repeat", 1) == pytest.approx(-0.3)
    assert slope_of(swept("m", {"repeat": -0.3}), "random", 1) is None


def test_pairs_of_base_and_tuned_models() -> None:
    rows = []
    for n in range(3):
        rows.append(profile_rows(f"Qwen-{n}", "prompt_entropy", np.full(13, 0.5), noise=0.01))
        rows.append(profile_rows(f"Qwen-{n}-Math", "prompt_entropy", np.full(13, 0.7), noise=0.01))
    assert reasoning_keeps_entropy(with_profiles(*rows)).verdict == "holds"


def dips(p_values: list[float], model: str, n: int = 300) -> pd.DataFrame:
    rows = {"task": "t", "layer": range(len(p_values)), "variant": "all tokens", "n": n}
    return pd.DataFrame({"p_value": p_values}).assign(model=model, **rows)


def test_humps_are_counted_with_control_of_false_discoveries() -> None:
    clear = [dips([1e-6, 0.4, 0.9], m) for m in ("a", "b")]
    assert entropies_are_bimodal(Held(dips=pd.concat(clear))).verdict == "holds"
    draw = np.random.default_rng(0)
    # Uniform p-values: many are below 0.05, and none is a discovery.
    none = [dips(list(draw.uniform(size=200)), m) for m in ("a", "b")]
    assert (pd.concat(none)["p_value"] < 0.05).sum() > 5
    assert entropies_are_bimodal(Held(dips=pd.concat(none))).verdict == "open"


def test_discoveries_are_those_of_benjamini_and_hochberg() -> None:
    p = np.array([0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216])
    assert discoveries(p).tolist() == [True, True] + [False] * 8


@pytest.mark.parametrize(("rank", "verdict"), [(400.0, "holds"), (5.0, "contradicted")])
def test_a_bound_that_is_broken_once_contradicts(rank: float, verdict: str) -> None:
    entropy = np.full(LAYERS + 1, 0.8)  # of log 500 nats: exp is 144
    counts = np.full(LAYERS + 1, 400.0)
    counts[3] = rank
    held = with_profiles(
        profile_rows("m", "dataset_entropy", entropy, tasks=("a", "b")),
        profile_rows("m", "effective_rank", counts, tasks=("a", "b")),
    )
    assert inequalities(held).verdict == verdict


@pytest.mark.parametrize(("left", "verdict"), [(0.02, "holds"), (0.28, "contradicted")])
def test_how_much_of_the_valley_a_few_tokens_make(left: float, verdict: str) -> None:
    rows = [decoder_rows(f"d{n}", 0.3) for n in range(4)]
    rows += [decoder_rows(f"d{n}", left, series="prompt_entropy_without") for n in range(4)]
    assert from_a_few_tokens(with_profiles(*rows)).verdict == verdict


def test_a_comparison_is_among_models_that_read_the_same() -> None:
    readers = [decoder_rows(f"decoder {n}", 0.3) for n in range(4)] + encoders(0.0)
    seers = vision({"a": 0.5, "b": 0.5}, DECODER)
    modalities = dict.fromkeys(("a", "b"), "image")
    held = replace(with_profiles(*readers, *seers), modalities=modalities)
    assert set(held.reading("image").profiles["model"]) == {"a", "b"}
    assert decoders_have_it(held.reading("text")) == decoders_have_it(with_profiles(*readers))
    assert held.reading("text") is held.reading("text")
    assert registered()["L10"].reads == "image"


def test_parts_that_nothing_is_known_of_stay_empty() -> None:
    held = Held(modalities={"a": "image"})
    assert held.reading("text").profiles.empty and held.reading("image").scores.empty
    assert not decoders_have_it(held.reading("text")).numbers
