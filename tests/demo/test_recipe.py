"""The recipe of the bundled results: models that read texts, pictures and sounds."""

import pytest

from lrd_core.actions.bundled import load_demo
from lrd_core.config import PROJECT_DIR, Config
from lrd_core.demo import recipe
from lrd_core.models.specs import find_model
from lrd_core.pruning.evidence import COMPARISONS
from lrd_core.runs.items import run_items
from lrd_core.tasks import find_task
from lrd_core.views import pruning, stored
from lrd_core.views.maps import read_side


@pytest.mark.parametrize("model", recipe.MODELS)
def test_every_task_of_a_model_holds_what_it_reads(model: str) -> None:
    reads = find_model(model).modality
    tasks = {request.task for request in recipe.requests(model)} | {*recipe.scored_tasks(model)}
    assert recipe.main_task(model) in tasks
    assert {find_task(task).modality for task in tasks} == {reads}


def test_what_it_asks_for_is_bundled(tmp_path_factory: pytest.TempPathFactory) -> None:
    config = Config(data_dir=tmp_path_factory.mktemp("bundled"))
    load_demo(config)
    runs, scores = stored.runs(config), stored.scores(config)
    there = set(zip(runs["model"], runs["task"], strict=True))
    scored = set(zip(scores["model"], scores["task"], strict=True))
    for model in recipe.MODELS:
        assert {(model, request.task) for request in recipe.requests(model)} <= there
        assert {(model, task) for task in recipe.scored_tasks(model)} <= scored


def test_trials_of_what_reads_no_texts_are_bundled(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    config = Config(data_dir=tmp_path_factory.mktemp("bundled"))
    load_demo(config)
    trials, timed = pruning.trials(config), pruning.latencies(config)
    of_items = [one for one in COMPARISONS if one[0] in recipe.OTHER_MODELS]
    assert of_items
    for model, task, settings in of_items:
        rows = trials[(trials["model"] == model) & (trials["task"] == task)]
        assert {*settings.rules, "full"} <= set(rows["rule"]), (model, task)
        ruled = rows[rows["rule"].isin(settings.rules)]
        # As docs/how-to/pictures-and-sound.md says.
        assert ((ruled["change"] > 0) == (model == "dinov2-small")).all(), (model, task)
        assert set(ruled["m"]) <= set(timed.loc[timed["model"] == model, "m"]), (model, task)


def test_items_that_not_every_machine_can_make_come_with_it(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(data_dir=tmp_path_factory.mktemp("bundled"))
    load_demo(config)
    monkeypatch.setenv("PATH", "")  # no espeak-ng
    runs = stored.runs(config)
    for model in recipe.KEPT_WITH_ITEMS:
        (run,) = runs[runs["model"] == model].to_dict("records")
        items = run_items(config, run["run_key"])
        assert len(items) == run["n"]
        assert items["label"].notna().all() and items["thumbnail"].notna().all()
    bundled = (PROJECT_DIR / "data" / "demo" / "items").glob("*.parquet")
    assert sum(file.stat().st_size for file in bundled) < 1_000_000


def test_every_run_of_items_has_a_map_of_every_layer(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    config = Config(data_dir=tmp_path_factory.mktemp("bundled"))
    load_demo(config)
    runs = stored.runs(config)
    for model, items in recipe.OTHER_MODELS.items():
        for task in items.measured:
            (run,) = runs[(runs["model"] == model) & (runs["task"] == task)].to_dict("records")
            side = read_side(config, run["run_key"])
            assert side.drawn.layer_numbers == list(range(run["num_blocks"] + 1)), (model, task)
