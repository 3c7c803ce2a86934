"""The Selection page: empty, filled, every question, thin evidence, links."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.trials import save_trials
from lrd_core.views import evidence, score_tables
from tests.pruning.trial_table import example_trials
from tests.selection_store import HOSTILE, UNLABELLED, fill_selection

LAYERS, MODELS = "Choose a layer", "Recommend a model"


@pytest.fixture(scope="session")
def selection_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    example = Config(data_dir=tmp_path_factory.mktemp("selection"))
    fill_selection(example)
    return example.database


@pytest.fixture
def many_models(config: Config, selection_database: Path) -> Config:
    """Seven models with scores on four tasks, one task without, one imported column."""
    config.data_dir.mkdir(parents=True)
    shutil.copy(selection_database, config.database)
    return config


def sentence_of(app: AppTest) -> str:
    bodies = [element.proto.body for element in app.get("html")]
    found = next(body for body in bodies if "lrd-sentence" in body and "<p" in body)
    return found.replace("&#x27;", "'")


def test_an_empty_store_says_what_is_needed(
    empty_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("selection")
    assert not app.exception
    assert "Nothing to choose from yet" in app.header[0].value
    assert "python -m lrd_core import" in app.code[0].value


def test_the_map_opens_on_the_metric_that_follows_the_score(
    many_models: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("selection")
    assert not app.exception and not app.error
    assert "median ρ 1.00 over 5 tasks and 7 models" in sentence_of(app)
    assert "thin evidence" in sentence_of(app)
    assert app.selectbox(key="metric").value == "d_0L"
    assert len(app.get("plotly_chart")) == 2


def test_a_question_that_was_not_asked_has_a_button_and_its_command(
    many_models: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("selection", question="For my texts", ask_labels="50")
    assert not app.exception and not app.error
    assert "This was not asked here yet." in sentence_of(app)
    assert app.button(key="start_ask").label == "Ask"
    assert "python -m lrd_core ask" in app.code[0].value
    assert "--labels 50" in app.code[0].value


def test_an_answer_says_what_more_layers_and_smaller_vectors_are_worth(
    many_models: Config, open_page: Callable[..., AppTest]
) -> None:
    other = "paraphrase-MiniLM-L3-v2"
    app = open_page("selection", question="For my texts", smaller_model=other, together="true")
    assert not app.exception and not app.error
    tables = [list(one.value.columns) for one in app.dataframe]
    assert ["Model", "Vectors", "Layers"] in [columns[:3] for columns in tables]
    told = [one.value.replace("\\", "") for one in app.caption]
    assert any("that the same labels choose" in one for one in told)
    assert any(f"of {other} take " in one for one in told)


def test_pasted_texts_become_what_is_asked_about(
    many_models: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("selection", question="For my texts", ask_own="true")
    pasted = "text\tlabel\nrain fell\tweather\nthe team won\tsport"
    app.text_area(key="ask_own_paste").set_value(pasted).run()
    app.button(key="ask_own_use").click().run()
    assert not app.exception and not app.error
    assert app.selectbox(key="ask_task").value == "pasted"
    assert "--task pasted" in app.code[0].value and "--labels" not in app.code[0].value


def test_what_can_be_spent_is_part_of_the_question(
    many_models: Config, open_page: Callable[..., AppTest]
) -> None:
    spend = {"ask_megabytes": "50", "ask_minutes": "1"}
    app = open_page("selection", question="For my texts", **spend)
    assert "--megabytes 50" in app.code[0].value
    app = open_page(
        "selection",
        question="For my texts",
        ask_minutes="1",
        ask_models="gemma-3-270m",
        ask_n="1000",
    )
    assert "60 s is not enough for any candidate" in app.error[0].value


@pytest.mark.parametrize(
    "query",
    [
        {"given": "Given model size", "sort": "strength", "all": "true"},
        {"at": "Best layer", "sort": "name"},
        {"metric": "Neighbour retention, mean", "task": "MMLU", "medians": "true"},
        {"families": ["base LM", "encoder embedder"], "types": ["classification"]},
        {"question": MODELS, "budget": "100 million parameters", "shortlist": "1"},
        {"question": MODELS, "targets": ["news", "verses"]},
        {"question": LAYERS, "layers_of": "model-b", "picks": ["DiME"]},
        {"question": LAYERS, "follow": "true", "by_task": "true"},
        {"question": "For my texts"},
        {"question": LAYERS, "take": "true", "take_layer": "1", "take_pca": "32"},
        {"question": LAYERS, "subsets": "as published", "layer_tasks": ["news", "tweets"]},
        {"question": "Families", "family_table": "true"},
        {"present": "true"},
    ],
)
def test_every_view_draws(
    query: dict[str, str], many_models: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("selection", **query)
    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) >= 1


def test_the_recommender_ranks_for_the_task_without_labels(
    many_models: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("selection", question=MODELS, rank_by=["Distance from first to last layer"])
    assert app.multiselect(key="targets").value == [UNLABELLED]
    assert "&lt;script&gt;" in sentence_of(app) and "ranks first" in sentence_of(app)
    assert "evidence is thin" in app.warning[0].value
    assert "only 7 models with labels" in app.warning[0].value.lower().replace("\\", "")


def test_a_budget_that_leaves_one_model_says_so(
    many_models: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("selection", question=MODELS, budget="25 million parameters")
    assert not app.exception
    assert "This choice leaves nothing to rank." in sentence_of(app)
    assert "compute them first" in app.error[0].value.replace("\\", "")


def test_layers_show_picks_and_checkpoints(
    many_models: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("selection", question=LAYERS)
    assert "model-a is best at layer 6 of 10" in sentence_of(app)
    assert "DiME's pick" in sentence_of(app)
    assert len(app.get("plotly_chart")) == 3
    assert any("At step 1 layer 6 is best" in caption.value for caption in app.caption)


def test_metrics_that_share_no_task_leave_the_scores_standing(
    filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("selection", question=LAYERS)
    assert not app.exception and not app.error
    assert "is best at" in sentence_of(app)
    assert any("Picks by metrics are not shown" in c.value.replace("\\", "") for c in app.caption)


def test_too_few_models_say_what_is_missing(
    filled_store: Config, open_page: Callable[..., AppTest]
) -> None:
    app = open_page("selection", question="Which metric predicts which task")
    assert not app.exception
    assert "four on the same task are needed" in sentence_of(app)
    assert "Not enough to compare models yet" in app.header[0].value


def test_a_job_that_writes_other_tables_leaves_the_evidence_alone(
    many_models: Config, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = []
    correlate = evidence.correlate

    def counted(
        levels: evidence.Levels, table: pd.DataFrame, request: evidence.EvidenceRequest
    ) -> evidence.ModelEvidence:
        computed.append(request.at)
        return correlate(levels, table, request)

    monkeypatch.setattr(evidence, "correlate", counted)
    app = open_page("selection")
    assert computed == ["last"]
    with connect(many_models) as connection:
        save_trials(connection, example_trials())
    assert not app.run().exception
    assert computed == ["last"]
    with connect(many_models) as connection:
        connection.execute("UPDATE scores SET score = -score WHERE model <> 'model-a'")
    assert "median ρ 1.00" not in sentence_of(app.run())
    assert computed == ["last", "last"]


def test_scores_are_read_once_for_a_view(
    many_models: Config, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    table = score_tables.one_score_a_task

    def counted(scores: pd.DataFrame, subsets: Any) -> pd.DataFrame:
        read.append(subsets)
        return table(scores, subsets)

    monkeypatch.setattr(score_tables, "one_score_a_task", counted)
    app = open_page("selection", question=LAYERS, follow="true")
    assert not app.exception and read == ["english"]
    app.selectbox(key="layers_of").set_value("model-b").run()
    assert not app.exception and read == ["english"]


def test_hostile_names_stay_text(many_models: Config, open_page: Callable[..., AppTest]) -> None:
    app = open_page("selection", question=LAYERS, layers_of=HOSTILE)
    assert not app.exception
    assert "<script>" not in sentence_of(app)
