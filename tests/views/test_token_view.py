"""The token view on a map with known answers: sentence, table, figure, and what is not stored."""

import json
import shlex

import numpy as np
import pytest

from lrd_core.cli import build_parser
from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.plots.figures import figure_of
from lrd_core.plots.theme import Look
from lrd_core.plots.token_view import log_ticks, prepare_outline, prepare_ticks
from lrd_core.store import connect
from lrd_core.store.runs import save_run
from lrd_core.store.token_maps import text_key, token_map_writes
from lrd_core.store.writes import apply
from lrd_core.views.questions import ask
from lrd_core.views.token_view import (
    MEASURES,
    TokenRequest,
    TokenView,
    largest_tokens,
    model_to_load,
    text_name,
    texts_of,
    token_view,
)
from lrd_core.views.token_words import readable, stretches, which
from lrd_core.views.view import Selection
from tests.example_store import run_record
from tests.token_store import AT, GREAT, LAYERS, WORDS, token_map, wide_map

RUN = run_record("all-MiniLM-L6-v2", num_blocks=LAYERS - 1)
OTHER = run_record("gpt2", num_blocks=12)
SELECTION = Selection((OTHER.model, RUN.model), (RUN.task,))


@pytest.fixture
def mapped(config: Config) -> Config:
    with connect(config) as connection:
        for run in (OTHER, RUN):
            save_run(connection, run)
        apply(connection, token_map_writes(token_map(RUN.run_key)))
    return config


def seen(config: Config, **asked: object) -> TokenView:
    return token_view(config, TokenRequest(SELECTION, **asked))  # type: ignore[arg-type]


def test_the_sentence_says_which_token_dominates_where(mapped: Config) -> None:
    view = seen(mapped)
    held = GREAT**2 / (GREAT**2 + len(WORDS) - 1)
    assert view.sentence == (
        f"all-MiniLM-L6-v2: the first token, “<s>”, holds {held:.1%} of the squared norms at "
        "layer 2 of 6, 20.0 times the median. It dominates the text at layers 2 to 3 and 5."
    )
    assert view.sentence in view.alt
    assert view.marks is not None
    assert sorted(view.marks["layer"]) == list(AT)
    assert set(view.marks["position"]) == {0}
    assert "tokens v1" in view.provenance[0]


def test_each_quantity_has_a_sentence_from_its_own_values(mapped: Config) -> None:
    assert seen(mapped, quantity="norm").sentence == seen(mapped).sentence
    assert seen(mapped, quantity="cosine").sentence == (
        "all-MiniLM-L6-v2 turns the tokens of this text most at layer 1 of 6: the median token "
        "has a cosine of 0.25 with itself one layer before. They turn least at layer 2 of 6 (0.90)."
    )
    assert seen(mapped, quantity="share").sentence == (
        "all-MiniLM-L6-v2: token 2, “Rates”, has the largest share of the entropy, 100.0% at "
        "layer 4 of 6; of 8 tokens an even share is 12.5%."
    )


def test_without_a_dominating_token_the_nearest_is_named(mapped: Config) -> None:
    norms = np.ones((LAYERS, len(WORDS)))
    norms[4, 7] = 3.0
    with connect(mapped) as connection:
        apply(connection, token_map_writes(token_map(RUN.run_key, norms=norms)))
    view = seen(mapped)
    assert view.sentence == (
        "all-MiniLM-L6-v2: no token of this text has a norm over 10 times the median; the last "
        "token, “</s>”, comes nearest, 3.00 times the median at layer 4 of 6."
    )
    assert view.marks is not None
    assert view.marks.empty
    assert figure_of(view, Look()).data[1].x == ()


def test_other_dominating_tokens_are_counted_and_zeros_are_no_medians(mapped: Config) -> None:
    norms = token_map(RUN.run_key).norms.copy()
    norms[1, 3] = 11.0
    norms[6] = 0.0
    with connect(mapped) as connection:
        apply(connection, token_map_writes(token_map(RUN.run_key, norms=norms)))
    view = seen(mapped)
    assert view.sentence.endswith("At some layer 1 other token is dominating too.")
    assert np.isnan(view.grid("relative")[6]).all()
    assert np.isnan(figure_of(view, Look()).data[0].z[6]).all()


def test_the_figure_is_two_outlines_on_one_heatmap(mapped: Config) -> None:
    for quantity in MEASURES:
        view = seen(mapped, quantity=quantity)
        figure = figure_of(view, Look(mode="dark"))
        cells, *outlines = figure.data
        assert [trace.type for trace in figure.data] == ["heatmap", "scatter", "scatter"]
        assert np.shape(cells.z) == (LAYERS, len(WORDS))
        scale = 100 if quantity == "share" else 1
        np.testing.assert_allclose(cells.customdata, scale * view.grid(quantity), rtol=1e-6)
        assert MEASURES[quantity].label in cells.hovertemplate
        assert list(outlines[0].x[:5]) == [-0.5, 0.5, 0.5, -0.5, -0.5]
        assert list(outlines[0].y[:5]) == [1.5, 1.5, 3.5, 3.5, 1.5]
        assert figure.layout.yaxis.range == (LAYERS - 0.5, -0.5)
        assert figure.layout.xaxis.ticktext[2] == "␣held"


def test_512_tokens_at_65_layers_are_one_small_figure(mapped: Config) -> None:
    with connect(mapped) as connection:
        apply(connection, token_map_writes(wide_map(OTHER.run_key, 512, 65)))
        connection.execute("UPDATE runs SET num_blocks = 64 WHERE model = 'gpt2'")
    view = seen(mapped, run=OTHER.run_key)
    figure = figure_of(view, Look())
    assert len(figure.data) == 3
    assert len(figure.layout.xaxis.tickvals) <= 65
    assert len(figure.to_json()) < 2_500_000
    assert 0 in figure.layout.xaxis.tickvals


def test_what_is_not_stored_says_what_makes_it(mapped: Config) -> None:
    view = seen(mapped, run=OTHER.run_key)
    assert view.empty
    assert view.payload["run_key"] == OTHER.run_key
    assert view.payload["texts"] == []
    assert view.payload["model"] == model_to_load(mapped, OTHER.run_key)
    own = seen(mapped, own="It's mine")
    assert own.empty
    assert own.payload["texts"] == ["It's mine"]
    asked = build_parser().parse_args(shlex.split(own.command)[3:])
    assert asked.text == ["It's mine"]
    assert model_to_load(mapped, "nothing") is None


def test_a_typed_text_is_found_by_what_it_says(mapped: Config) -> None:
    typed = token_map(RUN.run_key, text_key=text_key("mine"), text_index=None, begins="mine")
    with connect(mapped) as connection:
        apply(connection, token_map_writes(typed))
    assert "“mine”" in seen(mapped, run=RUN.run_key, own="mine").alt
    assert texts_of(mapped, RUN.run_key) == {3: "3 · Rates held at 4."}
    assert text_name(None, "x" * 60) == "x" * 48 + " ..."
    table = largest_tokens(mapped, RUN.run_key, [text_key("mine"), text_key("mine"), "none"])
    assert table[["text", "token", "layer", "times_median"]].values.tolist() == [
        ["mine", "<s>", 2, 20.0]
    ]


def test_it_is_asked_by_name(mapped: Config) -> None:
    view = ask(mapped, "tokens", [RUN.model], options={"text": "3", "quantity": "share"})
    assert isinstance(view, TokenView)
    assert view.quantity == "share"
    with pytest.raises(InputError, match="text 4 has no map"):
        ask(mapped, "tokens", [RUN.model], options={"text": "4"})
    with pytest.raises(InputError, match="no map of this text is stored; compute: python -m lrd_c"):
        ask(mapped, "tokens", [OTHER.model])
    with pytest.raises(InputError, match="no run has the key 'zz'"):
        ask(mapped, "tokens", options={"run": "zz"})
    with pytest.raises(InputError, match="no run of these models on these tasks"):
        token_view(mapped, TokenRequest(Selection(("nobody",), (RUN.task,))))


def test_tokens_are_readable() -> None:
    assert readable(" the\n\t") == "␣the↵⇥"
    assert readable("\x00a") == "·a"
    assert readable("a" * 30) == "a" * 23 + "…"
    assert which(0, WORDS) == "the first token, “<s>”,"
    assert which(2, WORDS) == "token 3, “␣held”,"
    assert stretches([0, 3, 4, 5, 9]) == "0, 3 to 5 and 9"


def test_outlines_ticks_and_scales() -> None:
    nothing = prepare_outline(np.zeros((3, 4), dtype=bool))
    assert (nothing.x, nothing.y) == ([], [])
    whole = prepare_outline(np.eye(3, dtype=bool)[:1])
    assert whole.y[:5] == [-0.5, -0.5, 0.5, 0.5, -0.5]
    assert prepare_ticks(8, [0], 64) == list(range(8))
    assert prepare_ticks(128, [5], 64) == [0, 2, *[5], *range(8, 128, 2)]
    assert log_ticks(-0.1, 1.6) == [1.0, 3.0, 10.0, 30.0]
    assert log_ticks(0.1, 0.2) == [pytest.approx(10**0.15)]
    assert log_ticks(-2, 4) == [0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10_000.0]


def test_hostile_words_stay_text(mapped: Config) -> None:
    words = ("<b>x</b>", "$y$", *WORDS[2:])
    with connect(mapped) as connection:
        apply(connection, token_map_writes(token_map(RUN.run_key, words=words)))
    drawn = json.dumps(figure_of(seen(mapped), Look()).to_plotly_json(), default=str)
    assert "<b>x</b>" not in drawn
    assert "&lt;b&gt;x" in drawn
    assert "$y$" not in drawn
