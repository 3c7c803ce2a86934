"""The parts below the Depth figure that open on demand: histograms, table."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lrd_core.plots.depth_texts import plot_spread, prepare_spread
from lrd_core.services import depth
from pages._shared import cache, state, widgets


def draw(lines: pd.DataFrame, runs: pd.DataFrame, series: Sequence[str]) -> None:
    """Draw the parts for these lines and runs; a closed part reads nothing."""
    with state.section("Spread over texts", key="spread") as part:
        if part.open:
            spread_over_texts(runs, series)
    with state.section("Table", key="table") as part:
        if part.open:
            st.dataframe(depth.wide_table(lines), hide_index=True, alt="The drawn values")


def spread_over_texts(runs: pd.DataFrame, series: Sequence[str]) -> None:
    """A heatmap for each of up to three runs: how texts differ at every layer."""
    offered = cache.read(depth.per_text_series, list(runs["run_key"]))
    if not offered:
        st.caption("No metric with a value for each text is in the store for this selection.")
        return
    first = next((name for name in series if name in offered), offered[0])
    name = state.choose_one(
        "Metric", offered, key="spread_of", default=first,
        show=lambda value: depth.series_text(value)[0],
    )  # fmt: skip
    label, unit = depth.series_text(name)
    shown = runs.head(3)
    for column, run in zip(st.columns(len(shown)), shown.itertuples(), strict=True):
        with column:
            per_text = cache.read(depth.read_per_text, run.run_key, name)
            spread = prepare_spread(per_text)
            if spread.empty:
                st.caption(f"{label} is not in the store for {widgets.plain(run.model)}.")
                continue
            title = f"{run.model} · {run.task}" + (f" · {run.condition}" if run.condition else "")
            widgets.show(
                plot_spread(
                    spread, widgets.look(), label=label, unit=unit, num_blocks=run.num_blocks,
                    title=title,
                ),
                f"spread_{run.run_key}", alt=f"Share of texts by {label} and layer, {title}",
                table=spread, runs=runs[runs["run_key"] == run.run_key],
                file_name="spread_over_texts",
            )  # fmt: skip
    if len(runs) > len(shown):
        st.caption(
            f"The first {len(shown)} of {len(runs)} runs; choose fewer models to see others."
        )
