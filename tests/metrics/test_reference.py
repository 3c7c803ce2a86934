"""The authors' numbers: section 1 from their routines, section 2 from formula and released code."""

from typing import Any

import numpy as np
import pytest

from lrd_core.metrics import (
    dime,
    effective_rank,
    frenet,
    gfmi,
    infonce,
    lidar,
    matrix_entropy,
    nrs,
    prompt_entropy,
    rankme,
    token_curvature,
)

ALPHAS = (0.5, 1, 1.5, 2, 3)
NORMALISATIONS = ("raw", "logN", "logD", "maxEntropy", "logNlogD")


def cases(archive: Any, prefix: str, array: str) -> list[str]:
    """Case names under in/ that start with prefix and hold the array."""
    keys = [key.split("/") for key in archive.files if key.startswith(f"in/{prefix}")]
    return sorted({key[1] for key in keys if key[2] == array})


def outputs(archive: Any, case: str, start: str) -> dict[str, Any]:
    head = f"out/{case}/{start}/"
    return {key[len(head) :]: archive[key] for key in archive.files if key.startswith(head)}


def lrd_layers(archive: Any, case: str) -> list[np.ndarray]:
    count = sum(key.startswith(f"{case}/in/") for key in archive.files)
    return [archive[f"{case}/in/{layer}"] for layer in range(count)]


LRD = ("small", "tall", "wide", "duplicates")


@pytest.mark.parametrize("case", LRD)
def test_frenet_matches_the_authors(lrd_cases, case):
    result = frenet(lrd_layers(lrd_cases, case))
    expected = {name: lrd_cases[f"{case}/frenet/{name}"] for name in ("speed", "curvature")}
    assert result.rank == lrd_cases[f"{case}/frenet/rank"]
    np.testing.assert_allclose(result.speed, expected["speed"], rtol=1e-9)
    np.testing.assert_allclose(result.curvature, expected["curvature"], rtol=1e-9)
    np.testing.assert_allclose(
        result.distances, lrd_cases[f"{case}/frenet/distances"], rtol=1e-9, atol=1e-9
    )
    for ours, theirs in (("d_0L", "d0L"), ("arc_length", "arc"), ("straightness",) * 2):
        np.testing.assert_allclose(
            getattr(result, ours), lrd_cases[f"{case}/frenet/{theirs}"], rtol=1e-9
        )


@pytest.mark.parametrize("case", LRD[:3])  # equal texts tie, and the authors' order is arbitrary
def test_nrs_and_gfmi_match_the_authors(lrd_cases, case):
    layers = lrd_layers(lrd_cases, case)
    retention, filtration = nrs(layers), gfmi(layers)
    np.testing.assert_array_equal(retention.profile, lrd_cases[f"{case}/nrs/profile"])
    assert retention.first_last == lrd_cases[f"{case}/nrs/first_last"]
    np.testing.assert_allclose(filtration.auc, lrd_cases[f"{case}/gfmi/auc"], rtol=1e-12)
    np.testing.assert_allclose(
        filtration.curves, lrd_cases[f"{case}/gfmi/curves"], rtol=1e-12, atol=1e-12
    )


def test_token_metrics_match(lbl_cases):
    checked = 0
    for prefix in ("tok_", "tokpad"):
        for case in cases(lbl_cases, prefix, "tokens"):
            tokens = lbl_cases[f"in/{case}/tokens"]
            mask = lbl_cases.get(f"in/{case}/mask")
            check_prompt_entropy(lbl_cases, case, tokens, mask)
            check_curvature(lbl_cases, case, tokens, mask)
            checked += 1
    assert checked >= 8


def check_prompt_entropy(archive, case, tokens, mask):
    for alpha in ALPHAS:
        expected = archive[f"out/{case}/clean.entropy_centered_unit/alpha{alpha}/raw"]
        found = prompt_entropy(tokens, mask, alpha, "raw")
        np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-8, err_msg=case)
        if alpha == 2:  # the released code takes another shortcut there, not matched
            continue
        for name in NORMALISATIONS:
            expected = archive[f"out/{case}/R25.entropy/alpha{alpha}/{name}"]
            found = prompt_entropy(tokens, mask, alpha, name, "published")
            # equal tokens: the released code gives the entropy of rounding noise, we give 0
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=2e-7, err_msg=case)


def check_curvature(archive, case, tokens, mask):
    long_enough = (tokens.shape[1] if mask is None else mask.sum(axis=1)) >= 3
    for mode, tag in (
        ("exact", "clean.curvature_centered_unit_signed"),
        ("published", "R25.curvature/raw"),
    ):
        found = token_curvature(tokens, mask, mode)
        expected = np.where(long_enough, archive[f"out/{case}/{tag}"], np.nan)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=case)


def test_pooled_metrics_match(lbl_cases):
    names = cases(lbl_cases, "pool_", "pooled")
    assert len(names) >= 5
    for case in names:
        z = lbl_cases[f"in/{case}/pooled"]
        for tag, recipe in (("full_batch", "unit"), ("unnormalised", None)):
            for alpha in ALPHAS:
                expected = lbl_cases[f"out/{case}/clean.entropy/{tag}/alpha{alpha}/raw"]
                assert matrix_entropy(z, alpha, "raw", recipe=recipe) == pytest.approx(
                    float(expected), rel=1e-10
                )
                for name in NORMALISATIONS if alpha != 2 else ():
                    expected = lbl_cases[f"out/{case}/R25.entropy/{tag}/alpha{alpha}/{name}"]
                    assert matrix_entropy(z, alpha, name, "published", recipe) == pytest.approx(
                        float(expected), rel=1e-10
                    )
        assert effective_rank(z) == pytest.approx(
            float(lbl_cases[f"out/{case}/clean.erank_sv_centered"]), rel=1e-10
        )
        assert rankme(z) == pytest.approx(
            float(lbl_cases[f"out/{case}/clean.rankme_sv_uncentered"]), rel=1e-10
        )


def test_view_metrics_match(lbl_cases):
    names = cases(lbl_cases, "aug_", "views")
    assert len(names) >= 7
    for case in names:
        for tag, array in (("raw", "views"), ("center_unit", "views_center_unit")):
            views = lbl_cases[f"in/{case}/{array}"]
            clean = float(lbl_cases[f"out/{case}/clean.lidar/{tag}/raw"])
            published = float(lbl_cases[f"out/{case}/R25.lidar/{tag}/raw"])
            assert lidar(views) == pytest.approx(clean, rel=1e-10)
            assert lidar(views) == pytest.approx(published, rel=1e-4)
            if views.shape[1] == 2:
                check_pairs(lbl_cases, case, tag, views[:, 0], views[:, 1])


def check_pairs(archive, case, tag, a, b):
    # 400 permutations there, 400 here: means agree within four standard errors of both
    for mode, sides in (
        ("exact", ("dime_gram",)),
        ("published", ("dime_refmode_gram", "dime_refmode_cov")),
    ):
        for side in sides:
            expected = outputs(archive, case, f"clean.{side}/{tag}")
            if expected:
                found = dime(a, b, permutations=400, mode=mode)
                noise = 4 * np.sqrt(2) * float(expected["stderr"])
                assert found == pytest.approx(float(expected["mean400"]), abs=noise)
    released = outputs(archive, case, f"R25.dime_20seeds/{tag}")["raw"]
    found = [dime(a, b, seed=seed, mode="published") for seed in range(20)]
    noise = 4 * np.sqrt((released.var() + np.var(found)) / 20)
    assert np.mean(found) == pytest.approx(released.mean(), abs=noise)
    if tag == "center_unit":
        result = infonce(a, b)
        assert result.loss == pytest.approx(
            float(archive[f"out/{case}/clean.infonce/{tag}"]), rel=1e-9
        )
        assert result.normalised == pytest.approx(
            float(archive[f"out/{case}/R25.infonce/{tag}/mi-lower-bound"]), rel=1e-9
        )
