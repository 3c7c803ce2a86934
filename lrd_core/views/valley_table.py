"""Each model's valley with and without the tokens that dominate, as a table."""

import pandas as pd

from lrd_core.config import Config
from lrd_core.metrics import all_series
from lrd_core.numbers import decimals, significant, whole
from lrd_core.views import dominance, lines, stored
from lrd_core.views.coverage import model_order, pick_runs
from lrd_core.views.words import span

COLUMNS = ("model", "layers", "num_blocks", "token", "ratio", "layer", "lowest", "without", "n")


def valleys(config: Config, task: str) -> pd.DataFrame:
    """What dominates the models of a task, and their valley of prompt entropy with and without.

    One row a model that has dominated layers, or none: model, layers (in words), token, ratio (the
    largest of all layers), lowest and its layer, without (at that layer), n. Plain runs of most
    texts.
    """
    runs = stored.runs(config)
    order = model_order(runs)
    picked = pick_runs(runs, order, [task])
    entropy = next(one for one in all_series() if one.all_tokens and one.mark is not None)
    values = lines.read_values(config, list(picked["run_key"]), [entropy.all_tokens, entropy.name])
    wide = values[values["variant"] == ""].pivot_table(
        index=["run_key", "position"], columns="series", values="value"
    )
    found = dominance.layers(config, picked)
    stretches = dominance.spans(dominance.heavy_of(found), picked)
    rows = []
    for run in picked[picked["run_key"].isin(found["run_key"])].itertuples():
        own = found[found["run_key"] == run.run_key]
        heavy = stretches[stretches["run_key"] == run.run_key]
        profile = wide.loc[run.run_key]
        lowest = profile[entropy.all_tokens].idxmin()
        top = own.loc[own["ratio"].idxmax()]
        low, without = profile.loc[lowest, [entropy.all_tokens, entropy.name]]
        told = ", ".join(span(part.first, part.last) for part in heavy.itertuples())
        place = (run.num_blocks, top["token"], top["ratio"], int(lowest))
        rows.append((run.model, told, *place, low, without, run.n))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def as_markdown(table: pd.DataFrame) -> str:
    """The table of `valleys` as docs/findings.md shows it."""
    heads = (
        "model",
        "dominated layers",
        "largest token",
        "norm, times the median",
        "lowest prompt entropy",
        "there without dominating tokens",
        "n",
    )
    lined = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in table.itertuples():
        cells = (
            row.model,
            f"{row.layers} of {row.num_blocks}" if row.layers else "none",
            row.token if row.layers else "–",
            significant(row.ratio),
            f"{decimals(row.lowest)} at layer {row.layer}",
            decimals(row.without) if row.layers else "the same",
            whole(row.n),
        )
        lined.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lined)
