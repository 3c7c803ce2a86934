"""The parts below the Depth figure that open on demand: histograms, table."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lrd_core.plots.depth_sample import plot_sample, prepare_sample
from lrd_core.plots.depth_texts import plot_spread, prepare_spread
from lrd_core.views import lines, text_sample
from lrd_core.views.depth import DepthView
from pages._depth import enough
from pages._shared import cache, state, widgets

MOST_PANELS = 4


def draw(view: DepthView, series: Sequence[str]) -> None:
    """Draw the parts for a view; a closed part reads nothing."""
    runs = view.picked
    with state.section("Spread over texts", key="spread") as part:
        if part.open:
            spread_over_texts(runs, series)
    with state.section("Is n large enough?", key="enough") as part:
        if part.open:
            enough_texts(runs, series)
            enough.draw(runs)
    with state.section("Table", key="table") as part:
        if part.open:
            st.dataframe(lines.wide_table(view.table), hide_index=True, alt="The drawn values")


def spread_over_texts(runs: pd.DataFrame, series: Sequence[str]) -> None:
    """A heatmap for each of the first runs: how texts differ at every layer."""
    offered = cache.read(lines.per_text_series, list(runs["run_key"]))
    if not offered:
        st.caption("No metric with a value for each text is in the store for this selection.")
        return
    first = next((name for name in series if name in offered), offered[0])
    name = state.choose_one(
        "Metric",
        offered,
        key="spread_of",
        default=first,
        show=lambda value: lines.series_text(value)[0],
    )
    label, unit = lines.series_text(name)
    shown = runs.head(MOST_PANELS)
    several = shown["task"].nunique() > 1 or shown["condition"].nunique() > 1
    parts = [
        cache.read(lines.read_per_text, run.run_key, name).assign(
            num_blocks=run.num_blocks,
            panel=" · ".join(p for p in (run.model, *(run.task, run.condition) * several) if p),
        )
        for run in shown.itertuples()
    ]
    spread = prepare_spread(pd.concat(parts, ignore_index=True))
    if spread.empty:
        st.caption(f"{label} has no value for each text in this selection.")
        return
    rest = len(runs) - len(shown)
    for run in shown.itertuples():
        tests = cache.read(text_sample.dips, run.run_key, name)
        st.caption(widgets.plain(text_sample.dip_sentence(tests, run.model, run.num_blocks)))
    widgets.show(
        plot_spread(spread, widgets.look(), label=label, unit=unit),
        "spread_figure",
        alt=f"Share of texts by {label} and layer for {', '.join(shown['model'].unique())}",
        table=spread,
        runs=shown,
        file_name="spread_over_texts",
        note=f"{rest} more runs are not drawn; choose fewer models to see them." if rest else "",
    )


def enough_texts(runs: pd.DataFrame, series: Sequence[str]) -> None:
    """The value against the number of texts, for metrics that are means over texts."""
    held = cache.read(lines.per_text_series, list(runs["run_key"]))
    offered = text_sample.token_series(held)
    if not offered:
        st.caption("No metric with a value for each text is in the store for this selection.")
        return
    first = next((name for name in series if name in offered), offered[0])
    name = state.choose_one(
        "Metric of the sample",
        offered,
        key="enough_of",
        default=first,
        show=lambda value: lines.series_text(value)[0],
    )
    label, unit = lines.series_text(name)
    shown = runs.head(2)
    for column, run in zip(st.columns(len(shown)), shown.itertuples(), strict=True):
        points = cache.read(text_sample.subsamples, run.run_key, name)
        verdict = text_sample.enough_sentence(points, name, run.model)
        with column:
            st.caption(widgets.plain(verdict))
            if points.empty:
                continue
            prepared = prepare_sample(points, run.num_blocks)
            widgets.show(
                plot_sample(
                    prepared,
                    widgets.look(),
                    label=label,
                    unit=unit,
                    num_blocks=run.num_blocks,
                    title=f"{run.model} · {run.task}",
                ),
                f"enough_{run.Index}",
                alt=verdict,
                table=points,
                runs=runs[runs["run_key"] == run.run_key],
                file_name="number_of_texts",
            )
