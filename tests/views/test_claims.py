"""Claims as the page and the command line have them: from a store, by origin, never mixed."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from lrd_core.actions.bundled import load_demo
from lrd_core.actions.scenes import parse_scenes
from lrd_core.claims.listed import all_claims
from lrd_core.cli import main
from lrd_core.config import PROJECT_DIR, Config, load_config
from lrd_core.errors import UnknownNameError
from lrd_core.plots.claims import prepare_numbers
from lrd_core.plots.figures import figure_of
from lrd_core.plots.theme import Look
from lrd_core.store import connect
from lrd_core.store.bundle import forget_source
from lrd_core.views.claims import (
    MOST_PARTS,
    ClaimRequest,
    ClaimsRequest,
    ClaimsView,
    ClaimView,
    claim,
    claims,
    markdown_table,
    number_words,
)
from lrd_core.views.claims_held import held_by_origin
from lrd_core.views.reading import reading
from tests.shared_store import shared

NAMES = {*(f"L{n}" for n in range(1, 13)), *(f"R{n}" for n in range(1, 8)), "S1"}


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = Config(data_dir=tmp_path_factory.mktemp("bundled"))
    assert load_demo(config)
    return shared(config)


@pytest.fixture(scope="module")
def judged(bundled: Config) -> ClaimsView:
    return claims(bundled, ClaimsRequest())


def of(view: ClaimsView, name: str) -> ClaimView:
    return next(one for one in view.claims if one.claim is not None and one.claim.name == name)


def test_every_claim_is_judged_and_says_why(judged: ClaimsView) -> None:
    assert {one.claim.name for one in judged.claims if one.claim} == NAMES
    assert len(judged.table) == 2 * len(NAMES)
    for view in judged.claims:
        for found in view.findings.values():
            assert found.because
            assert (found.main is None) == (found.verdict == "not testable here")
            if found.verdict in ("open", "not testable here"):
                assert found.settle, view.claim


def test_verdicts_of_the_bundled_results(judged: ClaimsView) -> None:
    """What docs/findings.md tells; a change of a rule or of the bundle shows here."""
    published = {one.claim.name: one.verdict("published") for one in judged.claims if one.claim}
    assert [name for name, verdict in published.items() if verdict == "holds"] == ["L1", "L3", "L7"]
    assert published["L10"] == "contradicted"
    assert "3 hold" in judged.sentence


def test_the_scene_of_vision_tells_the_verdict_of_its_claim(judged: ClaimsView) -> None:
    file = PROJECT_DIR / "data" / "demo" / "scenes.json"
    (scene,) = [one for one in parse_scenes(file.read_bytes()) if "vision" in one.title]
    (claim,) = [one for one in judged.claims if one.claim and one.claim.name == "L10"]
    published, own = (claim.verdict(origin) for origin in ("published", "own"))
    assert f"claim L10: {published} by the published values, {own}" in scene.text


def test_published_values_and_own_ones_are_never_mixed(bundled: Config) -> None:
    known = held_by_origin(bundled, reading(bundled))
    models = {origin: set(one.profiles["model"]) for origin, one in known.items()}
    assert "pythia-410m" in models["published"] and "SmolLM2-135M-Instruct" in models["own"]
    assert not models["published"] & models["own"]
    assert not set(known["published"].scores["model"]) & set(known["own"].scores["model"])
    assert known["published"].trials.empty and known["published"].dips.empty
    assert "Layer by Layer" in " ".join(known["published"].sources)
    assert known["own"].sources == ("bundled",)


def test_a_verdict_changes_with_the_store(bundled: Config, tmp_path) -> None:
    other = replace(bundled, data_dir=tmp_path / "data", read_only=False)
    load_demo(other)
    source = next(iter(pd.read_parquet(other.published_dir / "runs.parquet")["source"]))
    with connect(other) as connection:
        forget_source(connection, source)
    found = claim(other, ClaimRequest("L1"))
    assert found.verdict("published") == "not testable here"
    assert found.verdict("own") == "open"
    assert "published" not in found.sources


def test_an_empty_store_has_claims_that_cannot_be_tested(config: Config) -> None:
    view = claims(config, ClaimsRequest())
    assert set(view.table["verdict"]) == {"not testable here"}
    assert view.sentence == f"{len(NAMES)} claims; nothing here can test one yet."


def test_only_claims_with_a_verdict(bundled: Config) -> None:
    view = claims(bundled, ClaimsRequest("contradicted"))
    assert view.claims and len(view.claims) < len(NAMES)
    assert all("contradicted" in map(one.verdict, ("published", "own")) for one in view.claims)
    with pytest.raises(UnknownNameError, match="verdict"):
        claims(bundled, ClaimsRequest("perhaps"))
    with pytest.raises(UnknownNameError, match="claim"):
        claim(bundled, ClaimRequest("X1"))


def test_the_figure_shows_what_decides_first_and_not_too_many_parts(judged: ClaimsView) -> None:
    drawn = prepare_numbers(of(judged, "L5").table)
    assert drawn.groupby("origin")["kind"].first().eq("main").all()
    assert drawn[drawn["kind"] == "part"].groupby("origin").size().max() <= MOST_PARTS
    figure = figure_of(of(judged, "L1"), Look())
    (dots,) = figure.data
    assert dots.x[0] == of(judged, "L1").findings["published"].main.value
    names = dict(zip(figure.layout.yaxis.tickvals, figure.layout.yaxis.ticktext, strict=True))
    assert names[0] == "<b>Published values</b>" and names[1] == "<b>chosen on other tasks</b>"
    assert "<b>Computed here</b>" in names.values()
    assert not set(dots.y) & {place for place, name in names.items() if "here" in name}
    assert "not testable here" in [trace.name for trace in figure_of(judged, Look()).data]


def test_the_number_that_decides_in_words(judged: ClaimsView) -> None:
    words = number_words(of(judged, "L1").findings["published"])
    assert "points, n=8 models" in words and "[" in words
    assert number_words(of(judged, "L9").findings["own"]) == ""


def test_claims_lead_to_pages_and_quantities_that_exist(judged: ClaimsView) -> None:
    from lrd_core.views.pages import PAGES

    scripts = {page.script for page in PAGES}
    assert {view.page for view in judged.claims} <= scripts
    assert "Prompt entropy" in of(judged, "L3").query["metrics"]


def test_the_command_line_prints_them(
    bundled: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LRD_DATA_DIR", str(bundled.data_dir))
    load_config.cache_clear()
    try:
        assert main(["claims", "--claim", "L1", "--claim", "L9", "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert main(["claims", "--claim", "L10"]) == 0
        lines = capsys.readouterr().out
        assert main(["claims", "--claim", "Q1"]) == 2
    finally:
        load_config.cache_clear()
    assert [one["claim"] for one in told] == ["L1", "L9"]
    assert told[0]["findings"]["published"]["verdict"] == "holds"
    assert "contradicted" in lines and "To settle:" in lines


def test_an_empty_store_judges_nothing(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims"]) == 2
    assert "the store is empty" in capsys.readouterr().err


def test_the_documentation_tells_what_is_computed(judged: ClaimsView) -> None:
    text = (PROJECT_DIR / "docs" / "findings.md").read_text(encoding="utf-8")
    assert markdown_table(judged.claims) in text, "print it anew: python -m lrd_core claims --table"


def test_each_claim_says_all_of_itself() -> None:
    for one in all_claims():
        assert one.sentence.endswith(".") and one.rule.endswith("."), one.name
        assert one.judge.__doc__, one.name
