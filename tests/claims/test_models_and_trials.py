"""R1 to R7 on made-up stores in which the truth is known."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.claims.across_models import LEVELS, all_positive, base_models, distance_most
from lrd_core.claims.families import LAST, PROFILES, left_out_hits, profiles_tell_families
from lrd_core.claims.held import Held
from lrd_core.claims.pruned import frenet_only_light, gfmi_beats_chance, nrs_does_not_carry_over
from lrd_core.settings import BASE_LM, ENCODER
from tests.claims.made_up import LAYERS, profile_rows, with_profiles

TASKS = [f"t{n}" for n in range(6)]


def levels(signs: dict[str, float], models: int = 16, noise: float = 0.2) -> Held:
    """Models whose quality decides their scores, and each level with this sign and weight."""
    draw = np.random.default_rng(3)
    quality = np.linspace(-1, 1, models)
    rows, scores = [], []
    for place, good in enumerate(quality):
        for task in TASKS:
            scores.append((f"m{place}", task, 0.5 + good / 4 + 0.02 * draw.standard_normal()))
            for name, sign in signs.items():
                value = sign * good + noise * draw.standard_normal()
                rows.append((f"m{place}", task, name, value))
    return Held(
        levels=pd.DataFrame(rows, columns=["model", "task", "metric", "value"]),
        model_scores=pd.DataFrame(scores, columns=["model", "task", "score"]),
    )


def same(sign: float) -> dict[str, float]:
    return dict.fromkeys(LEVELS, sign)


@pytest.mark.parametrize(
    ("signs", "verdict"),
    [(same(1), "holds"), (same(1) | {"gfmi_mean": -1}, "contradicted"), (same(0), "open")],
)
def test_whether_all_three_go_with_scores(signs: dict[str, float], verdict: str) -> None:
    assert all_positive(levels(signs)).verdict == verdict


def test_six_models_are_too_few_for_a_correlation() -> None:
    found = all_positive(levels(same(1), models=6))
    assert found.verdict == "open" and "6 models, 10 are needed" in found.because


def test_which_goes_most() -> None:
    weak = {"d_0L": 1.0, "nrs_mean": 0.05, "gfmi_mean": 0.05}
    assert distance_most(levels(weak, models=24)).verdict == "holds"
    swapped = {"d_0L": 0.05, "nrs_mean": 1.0, "gfmi_mean": 0.05}
    assert distance_most(levels(swapped, models=24)).verdict == "contradicted"


def test_base_models_need_scores_on_mmlu() -> None:
    held = levels(same(1), models=12)
    profiles = [profile_rows(f"m{n}", "speed", np.ones(4), family=BASE_LM) for n in range(12)]
    without = Held(pd.concat(profiles), levels=held.levels, model_scores=held.model_scores)
    assert "12 base LMs are here, 0 of them" in base_models(without).because
    mmlu = pd.DataFrame({"model": [f"m{n}" for n in range(12)], "task": "MMLU"})
    mmlu["score"] = np.linspace(0.2, 0.8, 12)
    scored = Held(pd.concat(profiles), levels=held.levels, model_scores=mmlu)
    found = base_models(scored)
    assert found.verdict == "holds" and found.main is not None and found.main.n == 12


def families(different: tuple[str, ...]) -> Held:
    """Eight encoders and eight base LMs that differ in these series alone."""
    draw = np.random.default_rng(1)
    rows = []
    for n in range(16):
        family = ENCODER if n < 8 else BASE_LM
        for series in (*PROFILES, *LAST):
            level = float(n >= 8 and series in different)
            values = level + 0.1 * draw.standard_normal(LAYERS + 1)
            rows.append(profile_rows(f"m{n}", series, values, family=family, tasks=("t",)))
    return with_profiles(*rows)


def test_profiles_that_differ_tell_families_apart() -> None:
    found = profiles_tell_families(families(PROFILES))
    assert found.verdict == "holds" and found.main is not None and found.main.n == 16


def test_where_both_differ_it_stays_open() -> None:
    assert profiles_tell_families(families((*PROFILES, *LAST))).verdict == "open"


def test_last_layers_that_tell_more_contradict() -> None:
    assert profiles_tell_families(families(LAST)).verdict == "contradicted"


def test_a_left_out_model_does_not_choose_its_own_centre() -> None:
    features = np.array([[0.0], [0.1], [5.0], [1.0], [1.1], [0.9]])
    labels = np.array(["a", "a", "a", "b", "b", "b"])
    assert not left_out_hits(features, labels)[2]


def trials(margins: dict[str, dict[float, float]], pairs: int = 12) -> pd.DataFrame:
    """Rules with this advantage over random plans at each budget, in points."""
    draw = np.random.default_rng(2)
    rows = [
        {
            "model": f"m{pair % 4}",
            "task": f"t{pair}",
            "rule": rule,
            "budget": budget,
            "change": -5 + value + 0.3 * draw.standard_normal(),
            "random": -5.0,
            "random_protected": -5.0,
        }
        for rule, by_budget in margins.items()
        for budget, value in by_budget.items()
        for pair in range(pairs)
    ]
    return pd.DataFrame(rows)


def budgets(light: float, *heavy: float) -> dict[float, float]:
    return dict(zip((0.1, 0.15, 0.2), (light, *heavy), strict=True))


@pytest.mark.parametrize(
    ("gfmi", "other", "verdict"),
    [
        (budgets(3, 3, 3), budgets(1, 1, 1), "holds"),
        (budgets(3, -3, 3), budgets(1, 1, 1), "contradicted"),
        (budgets(3, 3, 3), budgets(6, 1, 1), "contradicted"),
        (budgets(3, 0, 3), budgets(-1, -1, -1), "open"),
    ],
)
def test_gfmi_against_chance_and_rivals(gfmi, other, verdict: str) -> None:
    held = Held(trials=trials({"gfmi": gfmi, "bi": other}))
    assert gfmi_beats_chance(held).verdict == verdict


@pytest.mark.parametrize(
    ("margins", "verdict"),
    [
        (budgets(2, 0, -1), "holds"),
        (budgets(2, 2, -1), "contradicted"),
        (budgets(-2, 0, 0), "contradicted"),
        (budgets(0, 0, 0), "open"),
    ],
)
def test_frenet_by_budget(margins, verdict: str) -> None:
    assert frenet_only_light(Held(trials=trials({"frenet": margins}))).verdict == verdict


@pytest.mark.parametrize(
    ("margins", "sign", "verdict"),
    [
        (budgets(0, -1, -1), 1, "holds"),
        (budgets(3, 3, 3), 1, "contradicted"),
        (budgets(0, -1, -1), 0, "open"),
    ],
)
def test_nrs_in_choosing_and_in_pruning(margins, sign: float, verdict: str) -> None:
    held = levels(same(sign))
    both = Held(levels=held.levels, model_scores=held.model_scores, trials=trials({"nrs": margins}))
    assert nrs_does_not_carry_over(both).verdict == verdict


@pytest.mark.parametrize(
    "judge",
    [
        *(all_positive, distance_most, base_models, profiles_tell_families),
        *(gfmi_beats_chance, frenet_only_light, nrs_does_not_carry_over),
    ],
    ids=lambda judge: judge.__name__,
)
def test_nothing_can_be_said_of_an_empty_store(judge) -> None:
    found = judge(Held())
    assert found.verdict == "not testable here" and found.because and found.settle
