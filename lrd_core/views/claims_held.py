"""The numbers of one origin as claims take them: published values and own ones, each by itself."""

import pandas as pd

from lrd_core.claims.held import (
    DIP_COLUMNS,
    LEVEL_COLUMNS,
    MODEL_SCORE_COLUMNS,
    ORIGINS,
    PROFILE_COLUMNS,
    SCORE_COLUMNS,
    TRIAL_COLUMNS,
    Held,
    Origin,
)
from lrd_core.claims.listed import extra_series, read_series
from lrd_core.claims.pruned import BUDGETS
from lrd_core.config import Config
from lrd_core.metrics.bimodality import dip_by_layer
from lrd_core.models.published import reads_images
from lrd_core.pruning.settings import TrialSettings
from lrd_core.pruning.summary import compare
from lrd_core.store.connection import connect
from lrd_core.store.metric_values import METRIC_VALUES
from lrd_core.store.per_text import PER_TEXT
from lrd_core.store.reading import read_newest
from lrd_core.store.sources import IMPORTED
from lrd_core.views import coverage, pruning, stored
from lrd_core.views.evidence import Values, finished_runs
from lrd_core.views.provenance import source_name
from lrd_core.views.score_tables import model_scores, score_table
from lrd_core.views.stored import variant_name

VALUES: dict[Origin, Values] = {"published": "published", "own": "exact"}
MODE = {"published": "published", "own": ""}


def held_by_origin(config: Config) -> dict[Origin, Held]:
    """Everything that claims ask about the numbers of each origin."""
    runs, scores = stored.runs(config), score_table(config)
    return {origin: _held(config, origin, runs, scores) for origin in ORIGINS}


def _held(config: Config, origin: Origin, every: pd.DataFrame, scores: pd.DataFrame) -> Held:
    imported = every["source"].str.startswith(IMPORTED)
    runs = every[imported] if origin == "published" else every[~imported]
    plain = finished_runs(runs, None, VALUES[origin])
    checkpoints, swept = _checkpoints(runs), _swept(runs)
    wanted = pd.concat([plain, checkpoints, swept])["run_key"].unique().tolist()
    values = _values(config, origin, wanted)
    from_outside = scores["source"].str.startswith(IMPORTED)
    scores = scores[from_outside if origin == "published" else ~from_outside]
    found = sorted({*runs["source"], *scores["source"]})
    return Held(
        sources=tuple(dict.fromkeys(source_name(name) for name in found)),
        profiles=_joined(values, plain),
        checkpoints=_joined(values, checkpoints),
        conditions=_joined(values, swept),
        scores=_by_layer(scores),
        levels=_levels(values, plain),
        model_scores=_last(scores),
        dips=_dips(config, plain) if origin == "own" else pd.DataFrame(columns=list(DIP_COLUMNS)),
        trials=_trials(config) if origin == "own" else pd.DataFrame(columns=list(TRIAL_COLUMNS)),
    )


def _values(config: Config, origin: Origin, run_keys: list[str]) -> pd.DataFrame:
    """run_key, series, position and value of the series that claims are about, of one mode."""
    with connect(config, read_only=True) as connection:
        rows = read_newest(connection, METRIC_VALUES, run_key=run_keys, series=read_series())
    kinds = rows[["metric", "mode", "parameters"]].drop_duplicates().itertuples(index=False)
    names = {tuple(kind): variant_name(*kind) for kind in kinds}
    keys = zip(rows["metric"], rows["mode"], rows["parameters"], strict=True)
    fitting = [names[key] == MODE[origin] for key in keys]
    rows = rows[pd.Series(fitting, index=rows.index, dtype=bool)]
    return rows[["run_key", "series", "position", "value"]]


def _joined(values: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    facts = ["model", "family", "task", "revision", "condition", "num_blocks", "n", "hidden_size"]
    table = values[values["position"].notna()].merge(runs[["run_key", *facts]], on="run_key")
    images = {model: reads_images(model) for model in table["model"].unique()}
    return table.assign(images=table["model"].map(images).astype(bool))[list(PROFILE_COLUMNS)]


def _checkpoints(runs: pd.DataFrame) -> pd.DataFrame:
    """Plain runs of models that several revisions of are here, one a revision and task."""
    plain = runs[coverage.is_plain(runs)] if len(runs) else runs
    several = plain.groupby("model")["revision"].transform("nunique") > 1
    return plain[several].drop_duplicates(["model", "revision", "task"])


def _swept(runs: pd.DataFrame) -> pd.DataFrame:
    """Runs under a condition, and the plain run on the same sample of the same task."""
    if runs.empty:
        return runs
    same = ["model", "revision", "task", "n", "seed", "max_length", "pooling", "capture"]
    swept = runs[runs["condition"] != ""]
    plain = runs[runs["condition"] == ""].merge(swept[same].drop_duplicates(), on=same)
    return pd.concat([swept, plain.drop_duplicates(same)])[runs.columns]


def _by_layer(scores: pd.DataFrame) -> pd.DataFrame:
    """Of each finished model the way of scoring that covers most tasks at every layer."""
    rows = scores[scores["checkpoint"].isna() & (scores["layer"] >= 0)]
    layers = rows.groupby(["subject", "task"])["layer"].transform("nunique")
    whole = rows[layers == rows["num_blocks"].astype(int) + 1]
    counts = whole.groupby(["model", "subject"])["task"].nunique().reset_index()
    best = counts.sort_values(["task", "subject"], ascending=[False, True])
    best = best.drop_duplicates("model")["subject"]
    return whole.loc[whole["subject"].isin(best), list(SCORE_COLUMNS)]


def _last(scores: pd.DataFrame) -> pd.DataFrame:
    return model_scores(scores)[list(MODEL_SCORE_COLUMNS)]


def _levels(values: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """One number a model and task: values that stand at no position."""
    numbers = values[values["position"].isna()].merge(runs[["run_key", "model", "task"]])
    return numbers.rename(columns={"series": "metric"})[list(LEVEL_COLUMNS)]


def _dips(config: Config, runs: pd.DataFrame) -> pd.DataFrame:
    """One row a layer of a run whose texts have values: the dip test of it."""
    rows = []
    names = {row.run_key: (row.model, row.task) for row in runs.itertuples()}
    for series, words in extra_series().items():
        with connect(config, read_only=True) as connection:
            found = read_newest(connection, PER_TEXT, run_key=list(names), series=series)
        plain = [
            not variant_name(*k)
            for k in zip(found.metric, found["mode"], found.parameters, strict=True)
        ]
        found = found[pd.Series(plain, index=found.index, dtype=bool)]
        tests = dip_by_layer(found["text_values"])
        for row, dip in zip(found.itertuples(), tests, strict=True):
            rows.append((*names[row.run_key], row.position, words, dip.p_value, dip.n))
    return pd.DataFrame(rows, columns=list(DIP_COLUMNS))


def _trials(config: Config) -> pd.DataFrame:
    every = pruning.chosen_trials(pruning.trials(config), TrialSettings())
    wanted = every["budget"].isin(BUDGETS) | every["budget"].isna()
    compared = compare(every[wanted])
    return compared.loc[compared["budget"].notna(), list(TRIAL_COLUMNS)]
