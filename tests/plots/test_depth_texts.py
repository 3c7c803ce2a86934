"""Spread over texts and the sample-size figure: shares that sum to one, ranges that hold."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.plots.depth_sample import plot_sample, prepare_sample
from lrd_core.plots.depth_texts import plot_spread
from lrd_core.plots.theme import Look
from lrd_core.views.text_sample import shares_by_value


def per_text(panel: str = "alpha", num_blocks: int = 2) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "panel": panel,
            "num_blocks": num_blocks,
            "position": [float(layer) for layer in range(num_blocks + 1)],
            "text_values": [generator.random(50) for _ in range(num_blocks + 1)],
        }
    )


def test_shares_sum_to_one_and_missing_texts_are_left_out() -> None:
    table = per_text()
    table.at[0, "text_values"] = np.array([0.5, np.nan, 0.5, 0.9])
    spread = shares_by_value(table, num_bins=10)
    sums = spread.groupby("position")["share"].sum()
    assert sums.to_numpy() == pytest.approx(np.ones(3))
    first = spread[spread["position"] == 0]
    assert set(first["n"]) == {3}
    assert first["mean"].iloc[0] == pytest.approx(1.9 / 3)
    assert spread.groupby("position").size().eq(10).all()


def test_no_text_gives_an_empty_table() -> None:
    table = per_text().assign(text_values=[np.array([np.nan])] * 3)
    assert shares_by_value(table).empty


def test_panels_share_bins_and_colours() -> None:
    both = pd.concat([per_text("alpha"), per_text("<b>beta", 4)])
    spread = shares_by_value(both)
    edges = [set(rows["low"]) for _, rows in spread.groupby("panel")]
    assert edges[0] == edges[1]
    figure = plot_spread(spread, Look(), label="Prompt entropy", unit="fraction")
    maps = [t for t in figure.data if t.type == "heatmap"]
    assert len(maps) == 2
    assert maps[0].zmax == maps[1].zmax
    assert figure.layout.yaxis.title.text == "Prompt entropy (fraction)"
    assert figure.layout.annotations[1].text == "&lt;b&gt;beta"
    assert np.nansum(maps[0].z, axis=0) == pytest.approx([100, 100, 100])


def test_sample_figure_keeps_the_ends_and_the_range_over_repeats() -> None:
    points = pd.DataFrame(
        [
            (float(p), size, repeat, p + repeat / size)
            for p in range(13)
            for size in (10, 100)
            for repeat in range(3)
        ],
        columns=["position", "size", "repeat", "value"],
    )
    prepared = prepare_sample(points, 12)
    assert sorted(prepared["position"].unique()) == [0, 3, 6, 9, 12]
    first = prepared[(prepared["position"] == 0) & (prepared["size"] == 10)].iloc[0]
    assert (first["low"], first["mean"], first["high"]) == pytest.approx((0, 0.1, 0.2))
    figure = plot_sample(prepared, Look(), label="E", unit="u", num_blocks=12, title="x")
    names = [t.name for t in figure.data if t.name]
    assert (names[0], names[-1]) == ("embedding", "output")
    assert figure.layout.xaxis.type == "log"


def test_six_panels_stand_in_two_rows_each_under_its_name() -> None:
    names = [f"model-{number}" for number in range(6)]
    spread = shares_by_value(pd.concat([per_text(name) for name in names]))
    layout = plot_spread(spread, Look(), label="E", unit="u").layout
    tops = [layout[f"yaxis{place}"].domain[1] for place in ("", 2, 3, 4, 5, 6)]
    assert len({round(top, 6) for top in tops}) == 2
    assert [note.text for note in layout.annotations] == names
    one = plot_spread(shares_by_value(per_text()), Look(), label="E", unit="u").layout
    assert layout.height > 1.8 * one.height
