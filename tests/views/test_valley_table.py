"""The table of valleys in the README and in docs/findings.md is what the bundled results give."""

import pytest

from lrd_core.actions.bundled import load_demo
from lrd_core.config import PROJECT_DIR, Config
from lrd_core.demo.recipe import ALL_TASKS, MEAN_TASKS
from lrd_core.views import stored
from lrd_core.views.valley_table import as_markdown, valleys
from tests.shared_store import shared

DECODER = "SmolLM2-135M-Instruct"


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = Config(data_dir=tmp_path_factory.mktemp("bundled"))
    load_demo(config)
    return shared(config)


def test_the_readme_shows_it(bundled: Config) -> None:
    table = valleys(bundled, "bbc-news")
    for place in ("README.md", "docs/findings.md"):
        told = (PROJECT_DIR / place).read_text(encoding="utf-8")
        assert as_markdown(table) in told, f"print {place} anew: lrd_core.views.valley_table"
    assert set(table["n"]) == {500}


def test_on_every_measured_task_the_first_token_makes_the_decoders_valley(bundled: Config) -> None:
    for task in ALL_TASKS:
        table = valleys(bundled, task).set_index("model")
        row = table.loc[DECODER]
        assert row["token"] == "the first token"
        assert ("12 to 28" if task == "bible-kjv" else "12 to 29") in row["layers"]
        assert row["without"] > 2 * row["lowest"]


def test_a_mean_over_tokens_takes_the_first_one_with_it(bundled: Config) -> None:
    runs = stored.runs(bundled)
    runs = runs[(runs["model"] == DECODER) & (runs["pooling"] == "mean")]
    assert set(runs["task"]) == set(MEAN_TASKS)
    assert (runs.groupby("task")["tokens"].nunique() == 2).all()
    pairs = runs[runs["task"] == "bible-pairs"].set_index("tokens")["run_key"]
    told = {}
    for tokens, key in pairs.items():
        found = stored.profiles(bundled, run_key=key, series="effective_rank")
        told[tokens] = round(float(found.set_index("position").loc[12, "value"]))
    assert told == {"all": 21, "without_dominating": 212}
    findings = (PROJECT_DIR / "docs" / "findings.md").read_text(encoding="utf-8")
    assert "at layer 12 is 21 with it and 212 without (n = 300)" in " ".join(findings.split())


def test_a_task_where_it_was_not_measured_has_no_row(bundled: Config) -> None:
    assert valleys(bundled, "wikitext").empty
