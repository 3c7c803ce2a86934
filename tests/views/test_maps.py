from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lrd_core.actions.bundled import load_demo
from lrd_core.config import Config
from lrd_core.errors import InputError, TaskError
from lrd_core.extraction.embeddings import MissingArrayError, embeddings_path
from lrd_core.projection.work import projection_id
from lrd_core.runs.items import run_items
from lrd_core.store import connect
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metrics import save_metric
from lrd_core.store.per_text import PerText
from lrd_core.store.runs import save_run
from lrd_core.views import lifelines, map_colours, map_words, maps, retention, stored
from lrd_core.views import lines as depth
from tests import map_store
from tests.example_store import HOSTILE, run_record

KEY = projection_id().key


def _filled(config: Config) -> SimpleNamespace:
    first, _ = map_store.fill(config)
    return SimpleNamespace(config=config, key=first.run_key)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    return _filled(Config(data_dir=tmp_path_factory.mktemp("maps") / "data"))


def _lists(k: int) -> list[tuple[np.ndarray, np.ndarray]]:
    return [map_store.exact_neighbours(layer, k) for layer in map_store.layers(4, 0)]


def test_a_lifeline_holds_the_exact_neighbours_of_every_layer(store):
    lines = lifelines.read_lines(store.config, store.key, 5, k=6)
    held = lines[lines["status"] != "lost"]
    for layer, (ids, similarity) in enumerate(_lists(6)):
        rows = held[held["layer"] == layer]
        assert rows["neighbour"].tolist() == ids[5].tolist()
        assert rows["rank"].tolist() == [1, 2, 3, 4, 5, 6]
        np.testing.assert_allclose(rows["similarity"], similarity[5], atol=1e-6)


def test_kept_gained_and_lost_are_set_differences(store):
    lines = lifelines.read_lines(store.config, store.key, 5, k=6)
    assert set(lines.loc[lines["layer"] == 0, "status"]) == {"first"}
    lists = _lists(6)
    for layer in range(1, 5):
        before, now = set(lists[layer - 1][0][5]), set(lists[layer][0][5])
        rows = lines[lines["layer"] == layer].groupby("status")["neighbour"].agg(set)
        assert rows.get("kept", set()) == before & now
        assert rows.get("gained", set()) == now - before
        assert rows.get("lost", set()) == before - now


def test_retention_of_one_text_is_its_jaccard_overlap(store):
    lines = lifelines.read_lines(store.config, store.key, 5, k=20)
    one = lifelines.text_retention(lines)
    everyone = retention.retention_by_text(store.config, store.key)
    assert one["position"].tolist() == [0.5, 1.5, 2.5, 3.5]
    np.testing.assert_allclose(one["retention"], everyone[:, 5], atol=1e-6)
    before, now = (set(ids[5]) for ids, _ in _lists(20)[:2])
    assert one["retention"][0] == pytest.approx(len(before & now) / len(before | now))
    assert one["kept"][0] == len(before & now)


def test_the_text_that_changes_most_has_the_lowest_mean_retention():
    assert retention.most_changed(np.array([[0.5, 0.2, 0.4], [0.5, 0.3, 0.0]])) == 2
    assert retention.most_changed(np.empty((0, 0))) == 0


def test_counted_lists_equal_stored_ones_and_reach_further(store):
    stored = lifelines.read_lines(store.config, store.key, 5, k=30)
    counted = lifelines.read_lines(store.config, store.key, 5, k=31)
    assert len(counted[counted["status"] != "lost"]) == 5 * 31
    shorter = counted[(counted["rank"] <= 30)].reset_index(drop=True)
    longer = stored[stored["status"] != "lost"].reset_index(drop=True)
    assert shorter["neighbour"].tolist() == longer["neighbour"].tolist()


@pytest.mark.parametrize("metric", ["euclidean", "centred cosine"])
def test_other_closeness_is_counted_in_the_original_space(store, metric):
    vectors = map_store.layers(4, 0)[2].astype(np.float64)
    if metric == "euclidean":
        expected = np.argsort(np.linalg.norm(vectors - vectors[5], axis=1))[1:5]
    else:
        expected = map_store.exact_neighbours(vectors - vectors.mean(axis=0), 4)[0][5]
    lines = lifelines.read_lines(store.config, store.key, 5, k=4, metric=metric)
    rows = lines[(lines["layer"] == 2) & (lines["status"] != "lost")]
    assert rows["neighbour"].tolist() == expected.tolist()


def test_without_embeddings_stored_lists_serve_and_others_say_what_to_do(config):
    store = _filled(config)
    embeddings_path(store.config, store.key).unlink()
    assert len(lifelines.read_lines(store.config, store.key, 5, k=10))
    with pytest.raises(MissingArrayError, match="run the same model and task again"):
        lifelines.read_lines(store.config, store.key, 5, k=10, metric="euclidean")


def test_tables_of_a_lifeline_name_texts_not_rows(store):
    texts = maps.text_table(store.config, store.key)
    lines = lifelines.read_lines(store.config, store.key, 5, k=3)
    table = lifelines.neighbours_at(lines, texts, 2)
    assert table["rank"].tolist()[:3] == [1, 2, 3]
    assert table["text_index"][0] == 2 * _lists(3)[2][0][5][0]
    assert "neighbour" not in lifelines.named(lines, texts)


def test_maps_carry_their_trust(store):
    drawn = maps.read_maps(store.config, store.key, KEY)
    assert drawn.points.shape == (5, 60, 2)
    assert drawn.k == 15
    assert ((drawn.trustworthiness > 0) & (drawn.trustworthiness <= 1)).all()
    local = maps.local_trust(_both_lists(store))
    assert [one.mean() for one in local.values()] == pytest.approx(list(drawn.preservation))
    assert maps.read_maps(store.config, store.key, "none") is None


def test_kept_and_lost_edges_share_out_the_true_neighbours(store):
    lists = _both_lists(store)
    kept, lost = maps.map_edges(lists, 3, [4, 9])
    local = maps.local_trust(lists)[3]
    assert len(kept) + len(lost) == 30
    assert (kept[:, 0] == 4).sum() == round(15 * local[4])
    true = _lists(15)[3][0][[4, 9]]
    assert {tuple(pair) for pair in np.vstack([kept, lost])} == {
        (row, int(other)) for row, others in zip((4, 9), true, strict=True) for other in others
    }


def test_a_map_without_neighbour_lists_is_named(config):
    store = _filled(config)
    with connect(config) as connection:
        connection.execute("DELETE FROM neighbours WHERE run_key = ? AND layer = 3", [store.key])
    with pytest.raises(InputError, match=r"layer 3 of run .* has a map but no neighbour lists"):
        _both_lists(store)


def test_without_maps_there_are_no_lists_and_no_colours(store):
    assert maps.neighbour_lists(store.config, store.key, "none") == {}
    assert map_colours.colours(store.config, store.key, "length", "none") == {}


def _both_lists(store):
    return maps.neighbour_lists(store.config, store.key, KEY)


def _colours(store, name):
    return map_colours.colours(store.config, store.key, name, KEY)


def test_colours_follow_the_texts_not_the_order_of_storage(store):
    entropy = _colours(store, "series:prompt_entropy")
    assert list(entropy) == [0, 1, 2, 3, 4]
    assert entropy[2].tolist() == [2.0 * row + 2000 for row in range(60)]
    assert _colours(store, "label")[0][4] == "sport"
    assert _colours(store, "length")[0][7] == len(HOSTILE)
    overlaps = retention.retention_by_text(store.config, store.key)
    kept = 2 * overlaps[1] / (1 + overlaps[1])
    np.testing.assert_allclose(_colours(store, "retention")[1], kept)
    # After the last block nothing follows: it has what was kept on the way to it.
    np.testing.assert_array_equal(_colours(store, "retention")[4], _colours(store, "retention")[3])
    assert "last layer from the one before" in map_colours.scale_name("retention", "kept")
    assert map_colours.scale_name("label", "label") == "label"
    trust = maps.local_trust(_both_lists(store))
    np.testing.assert_array_equal(_colours(store, "trust")[2], trust[2])
    assert _colours(store, "series:absent")[0].isna().all()


def test_what_does_not_depend_on_the_layer_is_held_once(store):
    labels = _colours(store, "label")
    assert all(one is labels[0] for one in labels.values())


@pytest.mark.parametrize("name", ["label", "retention", "trust", "series:prompt_entropy"])
def test_all_layers_are_read_at_once(store, monkeypatch, name):
    """The number of reads does not grow with the number of layers."""
    opened = []
    for module in (maps, map_colours, retention, depth):
        monkeypatch.setattr(
            module, "connect", lambda *given, **named: opened.append(1) or connect(*given, **named)
        )
    assert len(_colours(store, name)) == 5
    assert len(opened) <= 3


def test_values_at_transitions_colour_the_layer_before_them(config):
    store = _filled(config)
    ids = np.arange(60) * 2
    with connect(config) as connection:
        save_metric(
            connection,
            store.key,
            MetricId.of("nrs", 1, parameters={"k": 20}),
            [],
            [PerText("nrs", layer + 0.5, ids, np.full(60, layer)) for layer in range(4)],
        )
    found = _colours(store, "series:nrs")
    assert [one[0] for one in found.values()] == [0, 1, 2, 3, 3]


def test_values_of_other_parameters_or_modes_colour_nothing(config):
    store = _filled(config)
    ids = np.arange(60) * 2
    others = [
        MetricId.of("prompt_entropy", 1, parameters={"alpha": 2.0}),
        MetricId.of("prompt_entropy", 1, mode="published"),
        MetricId.of("token_curvature", 1, mode="published"),
    ]
    with connect(config) as connection:
        for identity in others:
            values = [PerText(identity.metric, float(layer), ids, ids * 0) for layer in range(5)]
            save_metric(connection, store.key, identity, [], values)
    assert _colours(store, "series:prompt_entropy")[2].min() == 2000
    names = map_colours.colour_names(store.config, store.key)
    assert "series:prompt_entropy" in names
    assert "series:token_curvature" not in names


def test_one_grouping_colours_all_layers(config):
    store = _filled(config)
    ids = np.arange(60) * 2
    with connect(config) as connection:
        for seed, number in ((0, 1), (1, 2)):
            identity = MetricId.of("cluster", 1, parameters={"k": 3, "seed": seed})
            values = [PerText("cluster", float(n), ids, np.full(60, number)) for n in range(5)]
            save_metric(connection, store.key, identity, [], values)
    assert "cluster" in map_colours.colour_names(config, store.key)
    assert {value for one in _colours(store, "cluster").values() for value in one} == {"2"}


def test_colour_names_offer_what_the_run_has(store, monkeypatch):
    names = map_colours.colour_names(store.config, store.key)
    assert next(iter(names)) == "label"
    assert names["series:prompt_entropy"] == "prompt entropy"
    assert "cluster" not in names
    bare = maps.text_table(store.config, store.key).assign(label=pd.NA, mine=1)
    monkeypatch.setattr(map_colours, "text_table", lambda config, run_key: bare)
    names = map_colours.colour_names(store.config, store.key)
    assert "label" not in names
    assert names["column:mine"] == "mine"


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [("NUMBER 12 ", [12]), ("#14", [7]), ("sport", list(range(1, 60, 3))), ("a+b(", []), (" ", [])],
)
def test_search_reads_words_labels_and_numbers_literally(store, wanted, rows):
    assert maps.find_texts(store.config, store.key, wanted) == rows


def test_uploaded_columns_are_matched_by_index_or_by_order(store):
    texts = maps.text_table(store.config, store.key)
    by_index = pd.DataFrame({"text_index": [4, 0], "mine": [40, 0]})
    found = map_colours.attach_columns(texts, by_index)["mine"]
    assert found[[0, 2]].tolist() == [0, 40]
    assert found.isna().sum() == 58
    in_order = map_colours.attach_columns(texts, pd.DataFrame({"mine": range(60)}))
    assert in_order["mine"].tolist() == list(range(60))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pd.DataFrame({"mine": [1, 2]}), "has 2 rows, the run 60 texts"),
        (pd.DataFrame({"text": ["a"] * 60}), "no column of its own"),
        (pd.DataFrame({"text_index": [1], "mine": [1]}), "no value of text_index"),
    ],
)
def test_uploads_that_do_not_fit_say_why(store, table, message):
    texts = maps.text_table(store.config, store.key)
    with pytest.raises(InputError, match=message):
        map_colours.attach_columns(texts, table)


def test_the_usual_settings_are_shown_first(store):
    stored = maps.projections(store.config, [store.key])
    assert stored["texts"].tolist() == [60]
    assert maps.default_projection(stored, store.key) == KEY
    other = pd.concat([stored.assign(projection_key="other"), stored])
    assert maps.default_projection(other, store.key) == KEY
    assert maps.default_projection(other[:1], store.key) == "other"
    assert maps.default_projection(stored, "absent") is None


def test_the_sentence_warns_of_a_map_that_cannot_be_trusted(store):
    side = replace(
        maps.read_side(store.config, store.key),
        run=pd.Series({"model": "m", "task": "t", "num_blocks": 4, "modality": "text"}),
        retention=np.full((4, 60), 0.45),
    )
    text = map_words.sentence(side, 3)
    assert "m on t, layer 3 of 4" in text
    assert "Nearest neighbours kept from layer 3 to 4: 62%." in text
    side.drawn.trustworthiness[3] = 0.5
    assert "do not trust its distances" in map_words.sentence(side, 3)
    assert "to 5" not in map_words.sentence(side, 4)


def test_texts_come_from_the_kept_copy_and_unknown_runs_are_named(store):
    found = run_items(store.config, store.key)
    assert found["text"][7] == HOSTILE
    with pytest.raises(InputError, match="no run has the key 'nope'"):
        run_items(store.config, "nope")


def test_texts_of_offline_tasks_are_read_where_they_lie_and_checked(config):
    from lrd_core.tasks import load_task

    revision = load_task("bbc-news", 20).spec.revision
    right = run_record("right", n=20)
    right = type(right)(**{**vars(right), "run_key": "right", "task_revision": revision})
    wrong = type(right)(**{**vars(right), "run_key": "wrong", "task_revision": "0.0.1"})
    with connect(config) as connection:
        save_run(connection, right)
        save_run(connection, wrong)
    found = run_items(config, "right")
    assert len(found) == 20
    assert found["label"].notna().all()
    with pytest.raises(TaskError, match=r"the texts of this run, 20 of revision 0\.0\.1"):
        run_items(config, "wrong")


def test_texts_of_a_hub_task_are_not_fetched_by_a_page(config):
    from lrd_core.tasks import all_tasks

    hub = next(spec for spec in all_tasks() if spec.source == "hub")
    run = run_record("hub", task=hub.name)
    with connect(config) as connection:
        save_run(connection, run)
    with pytest.raises(TaskError, match="not kept on this machine yet"):
        run_items(config, run.run_key)


def test_a_picture_is_found_by_its_label_and_not_by_its_digest(config: Config) -> None:
    load_demo(config)
    runs = stored.runs(config)
    key = runs.loc[(runs["model"] == "dinov2-small") & (runs["task"] == "digits"), "run_key"].iloc[
        0
    ]
    items = run_items(config, key)
    assert items["text"].str.contains("7").mean() > 0.3  # in digests and sizes
    found = maps.find_texts(config, key, "7")
    assert found == items.loc[items["label"] == "7", "row"].tolist() != []
    assert maps.find_texts(config, key, "pixels") == []


def test_what_a_picture_or_recording_says_of_itself_is_told_from_its_name() -> None:
    said = ["picture 0a1b2c3d, 28 x 28 pixels", "sound 0a1b2c3d, 1.25 s", "cat 7.png, 8 x 8 pixels"]
    left = pd.Series(said).str.replace(maps.DESCRIBED, "", regex=True)
    assert left.tolist() == ["", "", "cat 7.png"]
