"""Calibration measures what the metrics measure, on the model that is left."""

import numpy as np
import pytest
import torch

from lrd_core.errors import InputError
from lrd_core.extraction.hidden_states import extract
from lrd_core.metrics import frenet, gfmi, nrs
from lrd_core.pruning.calibrate import DROP_ONE, calibrate
from lrd_core.pruning.surgery import prune
from lrd_core.pruning.variants import embed_variants
from tests.tiny import tiny_loaded

WORDS = ("rain", "river", "bank", "money", "tree", "stone", "cloud", "light")
TEXTS = [f"{a} and {b}" for a in WORDS for b in WORDS[:5]]
ALL = ("speed", "token_cosine", *DROP_ONE)


@pytest.fixture(scope="module", params=["bert", "llama"])
def loaded(request):
    return tiny_loaded(request.param, num_layers=4)


@pytest.fixture(scope="module")
def profile(loaded):
    return calibrate(loaded, TEXTS, ALL)


def test_profiles_are_those_of_the_metrics(loaded, profile):
    layers = list(extract(loaded, TEXTS).embeddings)
    np.testing.assert_allclose(profile.measured["speed"], frenet(layers).speed, rtol=1e-4)
    np.testing.assert_allclose(profile.measured["curvature"], frenet(layers).curvature, rtol=1e-3)
    np.testing.assert_allclose(profile.measured["nrs"], nrs(layers).profile)
    np.testing.assert_allclose(profile.measured["gfmi"], gfmi(layers).auc)


def test_cosines_and_angles_are_of_the_raw_layers(loaded, profile):
    raw = extract(loaded, TEXTS, final_norm="raw").embeddings.astype(np.float64)
    raw /= np.linalg.norm(raw, axis=2, keepdims=True)
    cosine = (raw[:-1] * raw[1:]).sum(2).mean(1)
    np.testing.assert_allclose(profile.measured["pooled_cosine"], cosine, atol=1e-5)
    far = np.arccos((raw[0] * raw[-1]).sum(1).clip(-1, 1)).mean() / np.pi
    assert profile.measured["angle"][0, -1] == pytest.approx(far, abs=1e-4)
    assert np.diagonal(profile.measured["angle"]) == pytest.approx(0, abs=1e-3)


def test_token_cosine_is_the_mean_over_attended_tokens(loaded, profile):
    tokens = loaded.tokenizer(TEXTS)["input_ids"]
    total, count = 0.0, 0
    blocks = []
    name = "encoder.layer" if hasattr(loaded.model, "encoder") else "layers"
    second = loaded.model.get_submodule(name)[1]
    hook = second.register_forward_hook(
        lambda module, args, kwargs, out: blocks.append((args or [kwargs["hidden_states"]], out)),
        with_kwargs=True,
    )
    with torch.no_grad():
        for row in tokens:
            loaded.model(input_ids=torch.tensor([row]))
    hook.remove()
    for (before, *_), after in blocks:
        cosine = torch.nn.functional.cosine_similarity(before, after, dim=-1)
        total += float(cosine.sum())
        count += cosine.numel()
    assert profile.measured["token_cosine"][1] == pytest.approx(total / count, abs=1e-5)


def test_drop_one_is_the_change_of_the_final_embedding(loaded, profile):
    embedded = embed_variants(loaded, TEXTS, [(), (2,)])
    a, b = embedded[()], embedded[(2,)]
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert profile.measured["change_cosine"][2] == pytest.approx(1 - cosine.mean(), abs=1e-6)
    assert (profile.measured["change_knn"] >= 0).all()
    assert (profile.measured["change_knn"] <= 1).all()


def test_with_a_block_off_it_measures_the_model_that_is_left(loaded):
    off = calibrate(loaded, TEXTS, ("speed", "change_cosine"), off=(1,))
    assert off.blocks == (0, 2, 3)
    from dataclasses import replace

    left = replace(loaded, model=prune(loaded.model, (1,)), num_blocks=3)
    alone = calibrate(left, TEXTS, ("speed",))
    np.testing.assert_allclose(off.measured["speed"], alone.measured["speed"], rtol=1e-4)
    np.testing.assert_allclose(off.measured["gfmi"], alone.measured["gfmi"], rtol=1e-6)
    off_cosine, alone_cosine = off.measured["token_cosine"], alone.measured["token_cosine"]
    np.testing.assert_allclose(off_cosine, alone_cosine, atol=1e-5)
    # Against the full model, so that what is off already counts.
    embedded = embed_variants(loaded, TEXTS, [(), (1, 2)])
    a, b = embedded[()], embedded[(1, 2)]
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert off.measured["change_cosine"][1] == pytest.approx(1 - cosine.mean(), abs=1e-6)


def test_divergence_needs_a_head():
    causal = tiny_loaded("llama", head=True)
    from lrd_core.pruning.subject import without_head

    loaded = without_head(causal)
    found = calibrate(loaded, TEXTS, ("change_kl",), causal=causal)
    assert found.measured["change_kl"].shape == (4,)
    with pytest.raises(InputError, match="language-model head"):
        calibrate(loaded, TEXTS, ("change_kl",))


def test_too_few_texts(loaded):
    with pytest.raises(InputError, match="30 calibration texts are too few"):
        calibrate(loaded, TEXTS[:30], ("speed",))
