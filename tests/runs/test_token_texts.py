"""Token metrics on a seeded sample of a run: named, nested, replaced by more and never by less."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.metrics.registry import all_metrics
from lrd_core.runs import RunReport, RunRequest
from lrd_core.runs.enough import measure_subsamples
from lrd_core.runs.execute import execute_run
from lrd_core.runs.request import MetricRequest, parse_metrics, with_token_texts
from lrd_core.runs.token_sample import token_places
from lrd_core.settings import USUAL_TOKEN_TEXTS, RunSettings
from lrd_core.store.bundle import export_bundle, import_bundle
from lrd_core.store.connection import connect
from lrd_core.store.metric_id import MetricId, has_all, over_fewer
from lrd_core.store.metric_values import METRIC_VALUES
from lrd_core.store.per_text import PER_TEXT
from lrd_core.store.reading import read_table
from lrd_core.views.depth import DepthRequest, depth
from lrd_core.views.lines import read_per_text, read_values
from lrd_core.views.stored import runs
from lrd_core.views.view import Selection

SMALL = RunSettings(n=24, max_length=24)
ENTROPY = "prompt_entropy"
DEPTH = DepthRequest(Selection(("all-MiniLM-L6-v2",), ("lee-news",)), (ENTROPY,))


def run(config: Config, *names: str, settings: RunSettings = SMALL) -> RunReport:
    return execute_run(RunRequest("all-MiniLM-L6-v2", "lee-news", names, settings), config=config)


def asked(*names: str) -> dict[str, MetricRequest]:
    return {one.metric.name: one for one in parse_metrics(names)}


def test_a_sample_is_seeded_ascending_nested_and_of_all_where_there_are_no_more() -> None:
    few, more = token_places(1000, 64, 0), token_places(1000, 256, 0)
    assert few is not None and more is not None
    assert (len(few), len(more)) == (64, 256)
    assert (np.diff(more) > 0).all()
    assert set(few) < set(more)
    assert set(token_places(1000, 64, 1)) != set(few)
    assert token_places(256, 256, 0) is None
    assert token_places(1000, 0, 0) is None


def test_only_metrics_of_tokens_are_sampled_and_the_number_is_in_what_names_them() -> None:
    every = asked("all")
    sampled = {name for name, one in every.items() if one.token_texts == USUAL_TOKEN_TEXTS}
    assert sampled == {one.name for one in all_metrics() if one.inputs == "tokens"}
    for name in sampled:
        told = json.loads(every[name].id.parameters)
        assert told.pop("token_texts") == USUAL_TOKEN_TEXTS
        assert told == every[name].parameters
        assert every[name].id.of_all == every[name].of_all.id


def test_a_run_of_no_more_texts_is_named_as_it_was_before_there_was_a_sample() -> None:
    (request,) = parse_metrics((ENTROPY,))
    before = MetricId.of(ENTROPY, 1, "exact", request.parameters)
    assert request.among(USUAL_TOKEN_TEXTS).id == before
    assert request.among(USUAL_TOKEN_TEXTS + 1).id != before


def test_what_is_named_twice_reads_the_most_texts_that_were_named() -> None:
    assert asked(ENTROPY, f"{ENTROPY}:token_texts=0")[ENTROPY].token_texts == 0
    assert asked(f"{ENTROPY}:token_texts=0", "lbl")[ENTROPY].token_texts == 0
    assert asked(f"{ENTROPY}:token_texts=64", "lbl")[ENTROPY].token_texts == USUAL_TOKEN_TEXTS


def test_the_option_reaches_what_reads_tokens_and_keeps_what_a_name_says() -> None:
    names = ("lrd", "lbl", f"{ENTROPY}:token_texts=64")
    assert with_token_texts(names, USUAL_TOKEN_TEXTS) == names
    told = with_token_texts(names, 0)
    assert told == ("lrd", "lbl:token_texts=0", f"{ENTROPY}:token_texts=64")


@pytest.mark.parametrize("texts", [1, -5, True, 2.5, "many"])
def test_a_number_of_texts_that_is_none_is_refused(texts: object) -> None:
    words = f"2 or more, or 0 for all, not {texts!r}"
    with pytest.raises(InputError, match=words):
        with_token_texts((ENTROPY,), texts)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=words):
        parse_metrics((f"{ENTROPY}:token_texts={json.dumps(texts)}",))


def test_more_texts_stand_for_fewer_and_not_the_other_way() -> None:
    few, more, every = (
        MetricId.of("m", 1, "exact", {"a": 1} | told)
        for told in ({"token_texts": 8}, {"token_texts": 9}, {})
    )
    other = MetricId.of("m", 1, "published", {"a": 1})
    assert has_all([few], [more])
    assert has_all([few, more], [every])
    assert not has_all([every], [few, more])
    assert not has_all([few], [other])
    assert over_fewer(every, [few, more, other]) == [few, more]
    assert over_fewer(few, [more, every]) == []


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A run of 24 texts of which the tokens of 10 were read."""
    config = Config(tmp_path_factory.mktemp("sampled"))
    run(config, "anisotropy", f"{ENTROPY}:token_texts=10", "token_curvature:token_texts=10")
    return config


@pytest.fixture
def own(sampled: Config, tmp_path: Path) -> Config:
    """A store of the test's own with the same run."""
    shutil.copytree(sampled.data_dir, tmp_path / "own")
    return Config(tmp_path / "own")


def test_values_say_how_many_texts_they_are_of_and_texts_that_were_not_read_have_none(
    sampled: Config, tmp_path: Path
) -> None:
    key = runs(sampled).run_key[0]
    values = read_values(sampled, [key], [ENTROPY, "anisotropy"])
    assert set(values[values["series"] == ENTROPY]["token_texts"]) == {10}
    assert set(values[values["series"] == "anisotropy"]["token_texts"]) == {0}
    with connect(sampled, read_only=True) as connection:
        stored = read_table(connection, METRIC_VALUES, run_key=key, metric=ENTROPY)
    assert set(stored["n"]) == {10}
    assert (stored["low"] < stored["value"]).all() and (stored["value"] < stored["high"]).all()
    whole = Config(tmp_path)
    assert run(whole, f"{ENTROPY}:token_texts=0").run_key == key
    texts, every = read_per_text(sampled, key, ENTROPY), read_per_text(whole, key, ENTROPY)
    places = token_places(24, 10, SMALL.seed)
    for few, all_ in zip(texts.itertuples(), every.itertuples(), strict=True):
        assert list(few.text_index) == list(np.asarray(all_.text_index)[places])
        np.testing.assert_allclose(few.text_values, all_.text_values[places], rtol=1e-5)


def test_fewer_texts_are_in_the_store_and_more_take_their_place(own: Config) -> None:
    fewer = run(own, f"{ENTROPY}:token_texts=5")
    assert (fewer.computed, fewer.cached) == ((), (ENTROPY,))
    assert run(own, f"{ENTROPY}:token_texts=0").computed == (ENTROPY,)
    with connect(own, read_only=True) as connection:
        for table in (METRIC_VALUES, PER_TEXT):
            kinds = read_table(connection, table, metric=ENTROPY)["parameters"].unique()
            assert len(kinds) == 1 and "token_texts" not in kinds[0]
        curvature = read_table(connection, PER_TEXT, metric="token_curvature")
    assert len(curvature["text_values"].iloc[0]) == 10, "was not asked for again"
    assert run(own, ENTROPY).computed == ()


@pytest.mark.parametrize("first", ["token_texts=10", "token_texts=0"])
def test_an_import_brings_no_second_number_of_texts(
    sampled: Config, tmp_path: Path, first: str
) -> None:
    here, there = Config(tmp_path / "here"), Config(tmp_path / "there")
    other = "token_texts=0" if first == "token_texts=10" else "token_texts=10"
    run(here, f"{ENTROPY}:{first}")
    run(there, f"{ENTROPY}:{other}", "anisotropy")
    with connect(there, read_only=True) as connection:
        export_bundle(connection, tmp_path / "bundle")
    with connect(here) as connection:
        added = import_bundle(connection, tmp_path / "bundle", "imported: there", into_own=True)
        stored = read_table(connection, METRIC_VALUES, metric=ENTROPY)
    assert added["metric_values"] == 7, "anisotropy of 7 layers"
    assert set(stored["n"]) == {10 if first == "token_texts=10" else 24}


def test_depth_says_of_how_many_texts_and_how_to_compute_it_again(
    sampled: Config, tmp_path: Path
) -> None:
    view = depth(sampled, DEPTH)
    assert view.metrics == ("Prompt entropy v1 of 10 texts",)
    assert f"{ENTROPY}:token_texts=10" in view.command
    whole = Config(tmp_path)
    run(whole, f"{ENTROPY}:token_texts=0")
    again = depth(whole, DEPTH)
    assert again.metrics == ("Prompt entropy v1",)
    assert "token_texts" not in again.command, "24 texts are fewer than the usual sample"


def test_whether_n_is_enough_is_told_up_to_the_texts_that_were_read(own: Config) -> None:
    report = measure_subsamples(own, runs(own).run_key[0], [ENTROPY], repeats=2)
    assert report.computed == (ENTROPY,)
    with connect(own, read_only=True) as connection:
        sizes = connection.execute("SELECT max(list_max(sizes)) FROM subsamples").fetchone()
    assert sizes == (10,)
