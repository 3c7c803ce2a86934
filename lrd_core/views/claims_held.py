"""The numbers of one origin as claims take them: published values and own ones, each by itself."""

from collections.abc import Mapping
from dataclasses import dataclass

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
from lrd_core.pruning.settings import TrialSettings
from lrd_core.pruning.summary import compare
from lrd_core.store.connection import connect
from lrd_core.store.metric_values import METRIC_VALUES, Kind
from lrd_core.store.per_text import PER_TEXT
from lrd_core.store.reading import read_newest
from lrd_core.store.sources import IMPORTED
from lrd_core.views import coverage, pruning, stored
from lrd_core.views.evidence import Values, finished_runs
from lrd_core.views.provenance import source_name
from lrd_core.views.reading import Read
from lrd_core.views.score_tables import model_scores, score_table
from lrd_core.views.stored import variants_of

VALUES: dict[Origin, Values] = {"published": "published", "own": "exact"}
MODE = {"published": "published", "own": ""}


@dataclass(frozen=True)
class _Picked:
    """The runs of one origin that claims read: all, plain ones, checkpoints, under conditions."""

    runs: pd.DataFrame
    plain: pd.DataFrame
    checkpoints: pd.DataFrame
    swept: pd.DataFrame

    @property
    def keys(self) -> list[str]:
        """Those whose values are read, each once."""
        parts = (self.plain, self.checkpoints, self.swept)
        return list(dict.fromkeys(key for part in parts for key in part["run_key"]))


def held_by_origin(config: Config, read: Read) -> dict[Origin, Held]:
    """Everything that claims ask about the numbers of each origin."""
    runs, scores = read(stored.runs), read(score_table, "english")
    picked = {origin: _pick(runs, origin) for origin in ORIGINS}
    # One reading for both: most of its time goes by the number of readings, not of rows.
    values = _values(config, [key for one in picked.values() for key in one.keys])
    own = {"dips": _dips(config, picked["own"].plain), "trials": _trials(read(pruning.trials))}
    return {
        origin: _held(origin, picked[origin], values, scores, own if origin == "own" else {})
        for origin in ORIGINS
    }


def _pick(every: pd.DataFrame, origin: Origin) -> _Picked:
    imported = every["source"].str.startswith(IMPORTED)
    runs = every[imported] if origin == "published" else every[~imported]
    plain = finished_runs(runs, None, VALUES[origin])
    return _Picked(runs, plain, _checkpoints(runs), _swept(runs))


def _held(
    origin: Origin,
    picked: _Picked,
    values: pd.DataFrame,
    scores: pd.DataFrame,
    own: Mapping[str, pd.DataFrame],
) -> Held:
    """own: fields that only values computed here have."""
    values = values[values["variant"] == MODE[origin]]
    from_outside = scores["source"].str.startswith(IMPORTED)
    scores = scores[from_outside if origin == "published" else ~from_outside]
    found = sorted({*picked.runs["source"], *scores["source"]})
    return Held(
        sources=tuple(dict.fromkeys(source_name(name) for name in found)),
        profiles=_joined(values, picked.plain),
        checkpoints=_joined(values, picked.checkpoints),
        conditions=_joined(values, picked.swept),
        scores=_by_layer(scores),
        levels=_levels(values, picked.plain),
        model_scores=_last(scores),
        modalities=dict(zip(picked.runs["model"], picked.runs["modality"], strict=True)),
        **own,
    )


def _values(config: Config, run_keys: list[str]) -> pd.DataFrame:
    """run_key, series, position, value and variant of the series that claims are about."""
    named = (*Kind._fields, "run_key", "series", "position", "value")
    asked = {"run_key": run_keys, "series": read_series()}
    with connect(config, read_only=True) as connection:
        rows = read_newest(connection, METRIC_VALUES, columns=named, **asked)
    return rows.assign(variant=variants_of(rows)).drop(columns=list(Kind._fields))


def _joined(values: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    facts = ["model", "family", "task", "revision", "condition", "num_blocks", "n", "hidden_size"]
    table = values[values["position"].notna()].merge(runs[["run_key", *facts]], on="run_key")
    return table[list(PROFILE_COLUMNS)]


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
    named = (*Kind._fields, "run_key", "series", "position", "text_values")
    asked = {"run_key": list(names), "series": list(extra_series())}
    with connect(config, read_only=True) as connection:
        every = read_newest(connection, PER_TEXT, columns=named, **asked)
    every = every[variants_of(every) == ""]
    for series, words in extra_series().items():
        found = every[every["series"] == series]
        tests = dip_by_layer(found["text_values"])
        for row, dip in zip(found.itertuples(), tests, strict=True):
            rows.append((*names[row.run_key], row.position, words, dip.p_value, dip.n))
    return pd.DataFrame(rows, columns=list(DIP_COLUMNS))


def _trials(stored_trials: pd.DataFrame) -> pd.DataFrame:
    every = pruning.chosen_trials(stored_trials, TrialSettings())
    wanted = every["budget"].isin(BUDGETS) | every["budget"].isna()
    compared = compare(every[wanted])
    return compared.loc[compared["budget"].notna(), list(TRIAL_COLUMNS)]
