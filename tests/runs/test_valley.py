"""The facts about SmolLM2's valley, on its real weights; skipped where they are not fetched."""

import numpy as np
import pytest

from lrd_core.config import load_config
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import load_model
from lrd_core.models.packs import fetched_packs
from lrd_core.runs.compute import token_function
from lrd_core.runs.request import parse_metrics
from lrd_core.tasks import load_task

MODEL = "SmolLM2-135M-Instruct"
INSTALLED = load_config()

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        MODEL not in fetched_packs(INSTALLED),
        reason=f"pack {MODEL} is not fetched: python -m lrd_core models fetch {MODEL}",
    ),
]


@pytest.fixture(scope="module")
def by_layer() -> dict[str, np.ndarray]:
    """Means over 24 BBC texts cut at 128 tokens, (31,) each."""
    loaded = load_model(MODEL, device="cpu", max_length=128, config=INSTALLED)
    wanted = parse_metrics(("token_norms", "prompt_entropy", "prompt_entropy_without"))
    metrics = {one.label: token_function(one) for one in wanted}
    texts = load_task("bbc-news", 24, 0).items
    found = extract(loaded, texts, token_metrics=metrics).per_item
    return {
        name: rows.mean(axis=1)
        for by_series in found.values()
        for name, rows in by_series.items()
        if name != "massive_dimension"
    }


def test_the_first_token_dominates_from_layer_12_on(by_layer: dict[str, np.ndarray]) -> None:
    assert by_layer["norm_ratio"][12] == pytest.approx(170, rel=0.02)
    assert (by_layer["top_share"][12:20] > 0.99).all()
    assert (by_layer["top_token_first"][12:29] == 1).all()
    assert (by_layer["dominated_texts"][12:29] == 1).all()
    assert by_layer["dominated_texts"][6:12].max() == 0
    assert (by_layer["massive_activations"][12:29] >= 1).all()


def test_the_valley_is_that_token(by_layer: dict[str, np.ndarray]) -> None:
    with_it, without = by_layer["prompt_entropy"], by_layer["prompt_entropy_without"]
    assert with_it[12] == pytest.approx(0.29, abs=0.005)
    assert without[12] == pytest.approx(0.83, abs=0.005)
    assert 0.80 < without[12:29].min() <= without[12:29].max() < 0.845
    undisturbed = by_layer["dominated_texts"] == 0
    np.testing.assert_array_equal(with_it[undisturbed], without[undisturbed])
    assert by_layer["entropy_bound"][12] < 0.02
