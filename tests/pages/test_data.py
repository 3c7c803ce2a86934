"""The Data page: an empty store, a filled one, its parts, and a read-only installation."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.actions.imports import import_results
from lrd_core.config import Config, load_config

Open = Callable[..., AppTest]


def words(app: AppTest) -> str:
    return " ".join(part.value for part in [*app.markdown, *app.caption, *app.info, *app.error])


def test_an_empty_store_says_what_to_do(empty_store: Config, open_page: Open) -> None:
    app = open_page("data")
    assert not app.exception
    assert any("The store is empty" in header.value for header in app.header)
    assert "python -m lrd_core run" in app.code[0].value


def test_rows_are_filtered_by_what_the_address_says(filled_store: Config, open_page: Open) -> None:
    app = open_page("data", rows="Scores", contains="SmolLM2")
    assert not app.exception
    assert len(app.dataframe[0].value) == 31
    assert "Scores: 31 rows" in words(app)


def test_a_row_in_the_address_shows_where_it_comes_from(
    filled_store: Config, open_page: Open
) -> None:
    app = open_page("data", rows="Values", contains="kjv", row="3")
    assert not app.exception
    assert "--task kjv" in app.code[0].value
    assert "max_length" in set(app.dataframe[1].value["column"])


def test_the_selection_alone(filled_store: Config, open_page: Open) -> None:
    app = open_page("data", selected="true")
    app.multiselect("models").set_value(["SmolLM2-135M"]).run()
    app.multiselect("tasks").set_value(["kjv"]).run()
    assert len(app.dataframe[0].value) == 1


def test_a_query_runs_only_when_asked_and_is_remembered(
    filled_store: Config, open_page: Open
) -> None:
    app = open_page("data", part="SQL", sql="SELECT count(*) AS n FROM runs")
    assert len(app.dataframe) == 1  # the schema
    app.button("run_sql").click().run()
    assert not app.exception
    assert app.dataframe[1].value["n"].tolist() == [8]
    app.text_area("sql").set_value("DROP TABLE runs").run()
    app.button("run_sql").click().run()
    assert "only one SELECT statement" in app.error[0].value
    app.text_area("sql").set_value("SELECT n FROM runs WHER n > 3").run()
    app.button("run_sql").click().run()
    assert any(line.strip() == "^" for code in app.code for line in code.value.splitlines())
    app.selectbox("sql_history").set_value("SELECT count(*) AS n FROM runs").run()
    assert app.text_area("sql").value == "SELECT count(*) AS n FROM runs"


@pytest.mark.parametrize("part", ["Import and export", "Room on disk"])
def test_a_read_only_app_says_so_and_offers_nothing(
    part: str, filled_store: Config, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LRD_READ_ONLY", "1")
    load_config.cache_clear()
    app = open_page("data", part=part)
    assert not app.exception
    assert "This app only shows results" in words(app)
    assert {button.key for button in app.button} & {"import", "clean", "clean_runs"} == set()


def test_room_is_counted(filled_store: Config, open_page: Open) -> None:
    app = open_page("data", part="Room on disk")
    assert not app.exception
    assert "belong to no run" in words(app)


def test_a_ticked_row_is_forgotten_with_its_table_and_filter(
    filled_store: Config, open_page: Open
) -> None:
    app = open_page("data", rows="Runs", row="3")
    assert "Where it comes from" in [header.value for header in app.header]
    app.text_input("contains").set_value("kjv").run()
    assert "Where it comes from" not in [header.value for header in app.header]
    assert "row" not in app.query_params
    app.query_params["row"] = "2"  # as a link does: another table and a row of it at once
    app.text_input("contains").set_value("bbc").run()
    assert "Where it comes from" in [header.value for header in app.header]


def test_downloads_that_are_cut_say_so(
    filled_store: Config, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "These files hold" not in words(open_page("data", rows="Runs"))
    monkeypatch.setattr("lrd_core.views.data.DOWNLOADED_ROWS", 5)
    assert "These files hold the first 5 rows" in words(open_page("data", rows="Runs"))


def test_an_import_is_taken_out_on_the_page(
    filled_store: Config, open_page: Open, tmp_path: Path
) -> None:
    (tmp_path / "board.csv").write_text("model,task,score\npythia-70m,MMLU,25.5\n")
    import_results(filled_store, tmp_path / "board.csv")
    app = open_page("data", part="Room on disk")
    app.selectbox("import_gone").set_value("import: board.csv").run()
    app.button("import_delete").click().run()
    assert not app.exception
    assert app.success[0].value == "1 rows deleted"
