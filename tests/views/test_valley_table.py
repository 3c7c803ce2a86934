"""The table of valleys in the README and in docs/findings.md is what the bundled results give."""

import pytest

from lrd_core.actions.bundled import load_demo
from lrd_core.config import PROJECT_DIR, Config
from lrd_core.views.valley_table import as_markdown, valleys


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = Config(data_dir=tmp_path_factory.mktemp("bundled"))
    load_demo(config)
    return config


def test_the_readme_shows_it(bundled: Config) -> None:
    table = valleys(bundled, "bbc-news")
    for place in ("README.md", "docs/findings.md"):
        told = (PROJECT_DIR / place).read_text(encoding="utf-8")
        assert as_markdown(table) in told, f"print {place} anew: lrd_core.views.valley_table"
    assert set(table["n"]) == {500}


def test_on_every_measured_task_the_first_token_makes_the_decoders_valley(bundled: Config) -> None:
    for task in ("bbc-news", "chatterbot", "lee-sts", "bible-pairs"):
        table = valleys(bundled, task).set_index("model")
        row = table.loc["SmolLM2-135M-Instruct"]
        assert row["token"] == "the first token"
        assert "12 to 29" in row["layers"]
        assert row["without"] > 2 * row["lowest"]


def test_a_task_where_it_was_not_measured_has_no_row(bundled: Config) -> None:
    assert valleys(bundled, "wikitext").empty
