"""L1, L2, L4, L5, L6 on made-up stores in which the truth is known."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.claims.best_layers import gain_reaches, honest_gains, middle_beats_last
from lrd_core.claims.following import follow_the_score
from lrd_core.claims.held import Held
from lrd_core.claims.picks import dime_picks
from lrd_core.claims.valleys import best_at_the_valley, distances
from tests.claims.made_up import LAYERS, hill, profile_rows, score_rows, scored, with_profiles

MODELS = [f"model {n}" for n in range(6)]
RISING = np.linspace(0.3, 0.6, LAYERS + 1)
FALLING = RISING[::-1].copy()


def test_a_middle_layer_that_is_better_holds() -> None:
    found = middle_beats_last(scored({m: hill(0.6, 0.1) for m in MODELS}))
    assert found.verdict == "holds"
    assert found.main is not None and 8 < found.main.value < 11 and found.main.n == 6


def test_a_last_layer_that_is_better_is_not_called_worse_by_searching() -> None:
    """All layers are alike but for noise: the best on the same tasks is above the last by luck."""
    flat = scored({m: np.full(LAYERS + 1, 0.5) for m in MODELS}, noise=0.03)
    found = middle_beats_last(flat)
    searched = next(one for one in found.numbers if one.label == "chosen on the same tasks")
    assert found.verdict == "open"
    assert searched.value > 1 and abs(found.main.value) < searched.value / 2


def test_a_choice_that_loses_is_contradicted() -> None:
    """On half of the tasks layer 3 is far better, on the others far worse: any choice loses."""
    assert middle_beats_last(_split_tasks()).verdict == "contradicted"


def _split_tasks() -> Held:
    rows = []
    for model in MODELS:
        table = score_rows(model, np.full(LAYERS + 1, 0.5), noise=0)
        place = table["task"].str.removeprefix("task ").astype(int)
        # Each task has a layer of its own that is good there and bad elsewhere.
        good = table["layer"] == place
        table["score"] = table["score"] - 0.1 * (table["layer"] < LAYERS) + 1.5 * good
        rows.append(table)
    return Held(scores=pd.concat(rows, ignore_index=True))


def test_few_models_are_said_to_be_few() -> None:
    found = middle_beats_last(scored({m: hill(0.6, 0.1) for m in MODELS[:2]}))
    assert (found.verdict, found.because.startswith("n is too small: 2 models")) == ("open", True)


def test_no_scores_cannot_be_tested() -> None:
    for judge in (
        middle_beats_last,
        gain_reaches,
        best_at_the_valley,
        follow_the_score,
        dime_picks,
    ):
        found = judge(Held())
        assert found.verdict == "not testable here" and found.settle and found.main is None


def test_honest_gains_are_of_tasks_that_did_not_choose() -> None:
    cells = np.tile([0.1, 0.9, 0.5], (8, 1))
    assert honest_gains(cells) == pytest.approx(np.full(8, 0.4))


@pytest.mark.parametrize(
    ("height", "verdict"), [(0.2, "holds"), (0.02, "contradicted"), (0.08, "open")]
)
def test_whether_a_gain_reaches_sixteen_per_cent(height: float, verdict: str) -> None:
    """The last layer scores 0.5 and the hill's top is `height` above it: 40, 4 and 16%."""
    found = gain_reaches(scored({m: hill(0.5, height) for m in MODELS}, noise=0.005))
    assert found.verdict == verdict
    assert "Bonferroni" in found.testing


def entropy(model: str, at: float) -> pd.DataFrame:
    return profile_rows(model, "prompt_entropy", hill(at, -0.3), noise=0.001)


@pytest.mark.parametrize(("at", "verdict"), [(0.58, "holds"), (0.1, "contradicted")])
def test_whether_the_best_layer_is_at_the_valley(at: float, verdict: str) -> None:
    scores = scored({m: hill(0.58, 0.1) for m in MODELS}, noise=0.002).scores
    held = with_profiles(*(entropy(m, at) for m in MODELS), scores=scores)
    assert best_at_the_valley(held).verdict == verdict


def test_distances_are_in_shares_of_depth() -> None:
    valley, score = np.ones(11), np.zeros(11)
    valley[3], score[5] = 0, 1
    turned, own = distances(valley, score)
    assert own == pytest.approx(0.2) and turned > own


def test_a_metric_that_is_the_score_beats_depth_and_noise_does_not() -> None:
    curves = {m: hill(0.4, 0.2, layers=24) for m in MODELS}
    scores = scored(curves, noise=0.001).scores
    same = [profile_rows(m, "dime", c) for m, c in curves.items()]
    found = follow_the_score(with_profiles(*same, scores=scores))
    assert found.verdict == "holds"
    assert found.main is not None and found.main.label == "DiME less depth"
    smooth = [profile_rows(m, "dime", np.linspace(0, 1, 25)) for m in MODELS]
    flat = follow_the_score(with_profiles(*smooth, scores=scores))
    assert flat.main is not None and flat.main.value == pytest.approx(0, abs=1e-9)
    assert flat.verdict == "open"


def test_dime_at_the_best_layer_holds_only_where_the_middle_one_does_worse() -> None:
    best = {m: hill(0.8, 0.15) for m in MODELS}
    scores = scored(best, noise=0.002).scores
    at_best = [profile_rows(m, "dime", -curve) for m, curve in best.items()]
    assert dime_picks(with_profiles(*at_best, scores=scores)).verdict == "holds"
    middle = {m: hill(0.5, 0.15) for m in MODELS}
    scores = scored(middle, noise=0.002).scores
    at_middle = [profile_rows(m, "dime", -curve) for m, curve in middle.items()]
    found = dime_picks(with_profiles(*at_middle, scores=scores))
    assert (found.verdict, "middle" in found.because) == ("open", True)


def test_dime_that_picks_badly_is_contradicted() -> None:
    scores = scored(dict.fromkeys(MODELS, RISING), noise=0.002).scores
    at_first = [profile_rows(m, "dime", RISING) for m in MODELS]
    assert dime_picks(with_profiles(*at_first, scores=scores)).verdict == "contradicted"
