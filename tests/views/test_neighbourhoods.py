"""What the Neighbourhoods page draws, asked without any page."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError, UnknownNameError
from lrd_core.numbers import percent
from lrd_core.plots.theme import Look
from lrd_core.runs.items import PICTURE
from lrd_core.store import connect
from lrd_core.store.runs import save_run
from lrd_core.views import lifelines, map_colours, map_words, neighbourhoods
from lrd_core.views.group_profile import ALL, GROUP, REST, group_profile
from lrd_core.views.lifelines import LifelineRequest
from lrd_core.views.neighbourhoods import KEPT_BEFORE, KEPT_NEXT, MapRequest, MapsView
from lrd_core.views.reading import reading
from lrd_core.views.retention import share_kept
from lrd_core.views.view import Selection
from tests import map_store
from tests.example_store import run_record
from tests.shared_store import shared

FIRST, SECOND = (f"{model} on bbc-news" for model in (map_store.FIRST, map_store.SECOND))
BOTH = Selection((map_store.FIRST, map_store.SECOND), ("bbc-news",))
LOOK = Look(order=BOTH.models)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = Config(data_dir=tmp_path_factory.mktemp("views") / "data")
    map_store.fill(config)
    return shared(config)


def ask(store: Config, **asked: Any) -> MapsView:
    return neighbourhoods.maps(store, MapRequest(BOTH, FIRST, **asked))


def test_an_empty_store_offers_nothing_and_says_so_when_asked(config):
    offered = neighbourhoods.choices(config, BOTH)
    assert offered.names == []
    with pytest.raises(UnknownNameError, match="no run is called"):
        neighbourhoods.maps(config, MapRequest(BOTH, FIRST))


def test_runs_with_maps_are_offered_first(config):
    map_store.fill(config)
    with connect(config) as connection:
        save_run(connection, run_record("a model without maps", num_blocks=2))
    models = ("a model without maps", *BOTH.models)
    offered = neighbourhoods.choices(config, Selection(models, ("bbc-news",)))
    assert offered.names == [FIRST, SECOND, "a model without maps on bbc-news"]
    assert offered.beside(FIRST) == ["a model without maps on bbc-news", SECOND]
    (missing,) = offered.without_maps([FIRST, "a model without maps on bbc-news"])
    assert missing["model"] == "a model without maps"
    with pytest.raises(InputError, match="has no maps; compute them first"):
        neighbourhoods.maps(
            config, MapRequest(Selection(models, ("bbc-news",)), "a model without maps on bbc-news")
        )


def test_the_first_view_is_the_layer_before_the_largest_loss_by_label(store):
    view = ask(store)
    kept = share_kept(view.shown[0].side.retention).mean(axis=1)
    assert (view.layer, view.layers) == (int(np.argmin(kept)), [0, 1, 2, 3, 4])
    assert view.layer < 4
    assert view.sentence.startswith(f"{FIRST}, layer {view.layer} of 4: the map keeps ")
    assert view.table["value"].tolist() == map_store.texts()["label"].tolist()
    np.testing.assert_array_equal(view.table["x"], map_store.layers(4, 0)[view.layer][:, 0])
    assert view.notes[0].startswith("Chained UMAP: 15 exact cosine neighbours")
    assert f"{map_store.FIRST}@" in view.provenance[0]
    assert view.command.startswith("python -m lrd_core run --model all-MiniLM-L6-v2")
    assert view.alt == "Maps of 60 texts of bbc-news by all-MiniLM-L6-v2, one a layer."
    assert view.listed.empty


def test_the_text_that_changes_most_is_looked_at_unless_another_one_is_asked_for(store):
    (side,) = (shown.side for shown in ask(store).shown)
    changed = int(np.argmin(side.retention.mean(axis=0)))
    assert ask(store).focus == 2 * changed
    assert ask(store, text=14).focus == 14
    assert ask(store, text=15).focus == 2 * changed


def test_a_search_is_told_and_listed_and_a_selection_goes_before_it(store):
    view = ask(store, find="sport")
    assert view.sentence.endswith("20 of 60 texts contain “sport”.")
    assert len(view.listed) == 20
    assert view.listed.columns.tolist() == [KEPT_NEXT, "text", "label", "text_index"]
    picked = ask(store, find="sport", picked=(0, 4, 9999), colour="length")
    assert sorted(picked.listed["text_index"]) == [0, 4]
    assert "length (characters)" in picked.listed.columns


def test_listed_texts_begin_with_the_one_that_keeps_least(store):
    view = ask(store, picked=tuple(range(40)), layer=1)
    shares = view.listed[KEPT_NEXT]
    assert shares.is_monotonic_increasing
    kept = share_kept(view.shown[0].side.retention)[1]
    assert shares.iloc[0] == pytest.approx(kept[:20].min())
    last = ask(store, picked=(0, 2), layer=4, colour="retention").listed
    assert last.columns.tolist() == [KEPT_BEFORE, "text", "label", "text_index"]
    before = share_kept(view.shown[0].side.retention)[3]
    assert sorted(last[KEPT_BEFORE]) == pytest.approx(sorted(before[:2]))


def test_ties_are_told_against_the_layer_before_on_both_maps(store):
    view = ask(store, beside=SECOND, text=14, arrows=5)
    for shown in view.shown:
        ties = shown.ties
        assert len(ties[0].kept) == 5
        assert (ties[0].gained, ties[0].lost) == ((), ())
        for layer in list(ties)[1:]:
            now = {*ties[layer].kept, *ties[layer].gained}
            before = {*ties[layer - 1].kept, *ties[layer - 1].gained}
            assert now & before == set(ties[layer].kept)
            assert before - now == set(ties[layer].lost)
    assert view.shown[0].ties[1].lost


def test_a_group_is_held_against_the_other_texts(store):
    found = group_profile(ask(store, picked=(0, 2, 4), layer=2))
    kept = share_kept(ask(store).shown[0].side.retention)
    mine = found.table[found.table["who"] == GROUP]
    assert mine["kept"].tolist() == pytest.approx(kept[:, :3].mean(axis=1).tolist())
    rest = found.table[found.table["who"] == REST]
    assert rest["kept"].tolist() == pytest.approx(kept[:, 3:].mean(axis=1).tolist())
    assert set(mine["n"]) == {3}
    assert set(rest["n"]) == {57}
    assert found.sentence.startswith("On the mean over all transitions 3 picked texts keep ")
    assert set(group_profile(ask(store)).table["who"]) == {ALL}


def test_layers_and_transitions_have_names_for_the_slider(store):
    view = ask(store, beside=SECOND, layer=2)
    side = view.shown[0].side
    assert map_words.step_names(side, [2], {}) == ["layer 2 of 4"]
    beside = {2: "layer 1 of 2"}
    assert map_words.step_names(side, [2], beside) == ["layer 2 of 4; right: layer 1 of 2"]
    share = share_kept(side.retention).mean(axis=1)
    first = f"{percent(float(share[0]))} of nearest neighbours kept from layer 0 to 1"
    assert map_words.kept_names(side)[0] == first
    loss = int(np.argmin(share))
    assert f"Least from layer {loss} to {loss + 1}" in map_words.kept_caption(side)


def test_the_second_map_follows_in_depth_or_keeps_its_own_layer(store):
    linked = ask(store, beside=SECOND, layer=2)
    assert linked.linked
    assert [shown.layer for shown in linked.shown] == [2, 1]
    assert linked.beside_at(4) == 2
    assert linked.runs["model"].tolist() == list(BOTH.models)
    own = ask(store, beside=SECOND, layer=2, beside_layer=0)
    assert not own.linked
    assert own.beside_at(4) == 0
    same = ask(store, beside=FIRST, layer=2, beside_layer=0)
    assert len(same.shown) == 2
    assert same.runs["model"].tolist() == [map_store.FIRST]


def test_trust_is_told_for_every_layer(store):
    view = neighbourhoods.trust(ask(store, layer=3).shown[0])
    assert view.table["layer"].tolist() == [0, 1, 2, 3, 4]
    assert (view.layer, view.k) == (3, 15)
    assert view.table["trustworthiness"].between(0, 1).all()


def test_a_colour_or_a_layer_that_there_is_not_is_named(store):
    with pytest.raises(UnknownNameError, match="no colour is called 'lenght'; did you mean length"):
        ask(store, colour="lenght")
    with pytest.raises(InputError, match="layer 9 has no map"):
        ask(store, layer=9)


def test_a_visitors_own_column_is_a_colour_where_it_fits(store):
    mine = pd.DataFrame({"mine": range(map_store.N)})
    view = neighbourhoods.maps(store, MapRequest(BOTH, FIRST, colour="own:mine"), uploaded=mine)
    assert view.table["value"].tolist() == list(range(map_store.N))
    assert view.colour == "mine (uploaded)"
    assert map_colours.own_names(view.shown[0].side.texts, mine[:3]) == {}
    assert map_colours.own_names(view.shown[0].side.texts, None) == {}


def test_a_second_map_whose_texts_the_upload_does_not_fit_stays_grey():
    uploaded = pd.DataFrame({"mine": range(map_store.N)})
    for rows, fits in ((map_store.N, True), (40, False)):
        texts = map_store.texts()[:rows]
        values = map_colours.own_colours(texts, uploaded, "own:mine", [0, 1, 2])
        assert list(values) == [0, 1, 2]
        assert values[2].notna().all() == fits


def test_what_a_page_remembers_is_read_once(store):
    asked = []

    def read(function, *arguments):
        asked.append(function.__name__)
        return reading(store)(function, *arguments)

    neighbourhoods.maps(store, MapRequest(BOTH, FIRST, beside=SECOND, find="x", edges=True), read)
    assert sorted(set(asked)) == [
        "choices",
        "colour_names",
        "colours",
        "find_texts",
        "neighbour_lists",
        "read_side",
        "read_ties",
        "runs",
    ]


def test_a_lifeline_tells_of_one_text(store):
    view = lifelines.lifeline(store, LifelineRequest(BOTH, FIRST, text=14, layer=2, k=5))
    assert view.title == "sport · all-MiniLM-L6-v2"
    assert "alert" in view.quote
    assert view.text is not None
    for text, quoted in ((" so \n", "“so”"), ("word " * 50, f"“{('word ' * 44).strip()}…”")):
        assert replace(view, text=pd.Series({"text": text})).quote == quoted
    assert list(view.nearest)[:3] == ["rank", "status", "text"]  # what a narrow table shows
    assert view.nearest["rank"].tolist()[:5] == [1, 2, 3, 4, 5]
    assert "neighbour" not in view.saved.columns
    assert view.alt.startswith("The 5 nearest neighbours of text 14 at every layer by rank")
    assert view.command.startswith("python -m lrd_core run")


def test_a_text_that_a_run_does_not_hold_has_no_lifeline(store):
    view = lifelines.lifeline(store, LifelineRequest(BOTH, SECOND, text=9999))
    assert view.empty and view.text is None
    assert view.sentence == "Text 9999 is not among those of <b>other</b> model."


def test_the_time_that_maps_take_is_told_in_seconds_or_minutes():
    run = pd.Series({"num_blocks": 6, "n": 1000})
    assert map_words.time_to_draw(run) == "about 20 s"
    assert map_words.time_to_draw(run.replace({1000: 100_000})) == "about 12 minutes"


def test_pictures_stand_beside_what_is_listed(store):
    view = ask(store, picked=(0, 4))
    assert view.pictures is None and PICTURE not in view.listed
    (shown,) = view.shown
    seen = shown.side.texts.assign(
        **{PICTURE: [f"data:{n}" for n in shown.side.texts["text_index"]]}
    )
    pictured = replace(view, shown=(replace(shown, side=replace(shown.side, texts=seen)),))
    assert pictured.listed.columns[1] == PICTURE
    for row in pictured.listed.to_dict("records"):
        assert row[PICTURE] == f"data:{row['text_index']}" == pictured.pictures[row["text_index"]]
