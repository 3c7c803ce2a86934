"""Layers that a few tokens of huge norm dominate, and what is left of a profile without them.

A table of lines gets what sentences and figures need to say so: `heavy`, the words for the token
that dominates the layer of a value, and `without`, the value that the others have.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lrd_core.config import Config
from lrd_core.metrics import all_series
from lrd_core.metrics.dominance import DOMINATED, DOMINATED_LAYER, NORM_RATIO, PLACES
from lrd_core.numbers import significant, whole
from lrd_core.settings import TOKENS
from lrd_core.views import lines
from lrd_core.views.coverage import FILTERS
from lrd_core.views.item_words import item_noun, vector_noun
from lrd_core.views.words import possessive, span

WITHOUT = "without dominating tokens"
"""The variant of a line that leaves them out."""

TOKEN_WORDS = {
    "first": "the first {}",
    "last": "the last {}",
    "special": "a special {}",
    "other": "one {}",
}
MOSTLY = 0.9
"""From this share of the texts on, the place of the largest token is said of all."""

UNSEEN = 5e-3
"""Share of a line's largest value below which a second line would lie on the first."""

SPAN_COLUMNS = ("run_key", "model", "task", "num_blocks", "first", "last", "token", "ratio", "n")


def layers(config: Config, runs: pd.DataFrame) -> pd.DataFrame:
    """One row a layer of these runs: run_key, layer, share, token, ratio, n.

    share: of the texts that have a dominating token. token: which one it is, in words. ratio: the
    largest norm over the median. Runs in which this was not measured have no row.
    """
    asked = [DOMINATED, NORM_RATIO, *PLACES.values()]
    values = lines.read_values(config, list(runs["run_key"]), [one.name for one in asked])
    values = values[values["variant"] == ""]
    wide = values.pivot_table(
        index=["run_key", "position"], columns="series", values="value", sort=False
    ).reindex(columns=[one.name for one in asked])
    places = wide[[one.name for one in PLACES.values()]].to_numpy()
    noun = dict(zip(runs["run_key"], map(vector_noun, runs["model"]), strict=True))
    return pd.DataFrame(
        {
            "run_key": wide.index.get_level_values(0),
            "layer": wide.index.get_level_values(1),
            "share": wide[DOMINATED.name].to_numpy(),
            "token": [
                _words(row, noun.get(key, "token"))
                for key, row in zip(wide.index.get_level_values(0), places, strict=True)
            ],
            "ratio": wide[NORM_RATIO.name].to_numpy(),
        }
    ).merge(runs[["run_key", "n"]], on="run_key", how="left")


def heavy_layers(config: Config, runs: pd.DataFrame) -> pd.DataFrame:
    """The rows of `layers` where most texts have a dominating token."""
    return heavy_of(layers(config, runs))


def heavy_of(found: pd.DataFrame) -> pd.DataFrame:
    """Those of the rows of `layers` where most texts have a dominating token."""
    return found[found["share"] > DOMINATED_LAYER]


def spans(heavy: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Dominated layers of each run that lie beside each other, one row a stretch: SPAN_COLUMNS.

    heavy: of `heavy_layers`. ratio: the largest in the stretch. token: that of most of its layers.
    """
    rows = []
    for key, own in heavy.groupby("run_key", sort=False):
        ordered = own.sort_values("layer")
        stretch = (ordered["layer"].diff() != 1).cumsum()
        for _, part in ordered.groupby(stretch):
            rows.append(
                {
                    "run_key": key,
                    "first": int(part["layer"].iloc[0]),
                    "last": int(part["layer"].iloc[-1]),
                    "token": part["token"].mode().iloc[0],
                    "ratio": float(part["ratio"].max()),
                    "n": int(part["n"].iloc[0]),
                }
            )
    told = runs[["run_key", "model", "task", "num_blocks"]].drop_duplicates("run_key")
    own_columns = [name for name in SPAN_COLUMNS if name == "run_key" or name not in told]
    table = pd.DataFrame(rows, columns=own_columns)
    return told.merge(table, on="run_key")[list(SPAN_COLUMNS)]


def others(
    config: Config, every: pd.DataFrame, picked: pd.DataFrame, series: Sequence[str]
) -> pd.DataFrame:
    """Values of these series without dominating tokens, as if of the picked runs.

    Metrics of tokens have them in the same run, as a series of its own; pooled ones in the run
    that differs in its pooled tokens alone. every: all runs. Columns of lines.VALUE_COLUMNS and
    `of`: the run that they were measured in.
    """
    counterpart = {one.name: one.all_tokens for one in all_series() if one.all_tokens in series}
    own = lines.read_values(config, list(picked["run_key"]), list(counterpart))
    own = own.assign(series=own["series"].map(counterpart), of=own["run_key"])
    sibling = _siblings(every, picked)
    pooled = lines.read_values(config, list(sibling), [s for s in series if s not in counterpart])
    pooled = pooled.assign(run_key=pooled["run_key"].map(sibling), of=pooled["run_key"])
    pooled = pooled[~pooled["series"].isin(counterpart.values())]
    found = pd.concat([own, pooled], ignore_index=True)
    return found[found["variant"] == ""].assign(variant=WITHOUT)


def explain(drawn: pd.DataFrame, at_layers: pd.DataFrame, left: pd.DataFrame) -> pd.DataFrame:
    """The lines with `heavy` (words, or "") and `without` (a value, or NaN) for each value.

    drawn: columns of lines.LINE_COLUMNS. at_layers: of `heavy_layers`. left: of `others`. A
    transition is heavy where one of its layers is.
    """
    tokens = {(row.run_key, row.layer): row.token for row in at_layers.itertuples()}
    heavy = [
        tokens.get((key, float(math.ceil(at))), tokens.get((key, float(math.floor(at))), ""))
        for key, at in zip(drawn["run_key"], drawn["position"].astype(float), strict=True)
    ]
    place = ["run_key", "series", "position"]
    known = left.drop_duplicates(place).set_index(place)["value"].rename("without")
    joined = drawn.drop(columns=["heavy", "without"], errors="ignore").join(known, on=place)
    joined["heavy"] = heavy
    joined.loc[joined["variant"] != "", "without"] = np.nan
    return joined


def changed_lines(drawn: pd.DataFrame, left: pd.DataFrame, every: pd.DataFrame) -> pd.DataFrame:
    """Lines without dominating tokens, of those drawn lines that they change anywhere.

    drawn: of `explain`. left: of `others`. every: all runs.
    """
    line = ["run_key", "series"]
    pairs = drawn.loc[_moved(drawn, line), line].drop_duplicates()
    values = left.merge(pairs, on=["run_key", "series"])
    return lines.metric_lines(values.assign(run_key=values["of"]), every, [WITHOUT])


def _moved(lines: pd.DataFrame, line: Sequence[str]) -> "pd.Series[bool]":
    """For each row whether its line changes anywhere without these tokens.

    Not by what nobody could see, which is more than runs of different days and machines differ by.
    """
    key = [lines[name] for name in line]
    scale = lines["value"].abs().groupby(key, sort=False).transform("max")
    change = (lines["without"] - lines["value"]).abs() > UNSEEN * scale
    return change.groupby(key, sort=False).transform("any").astype(bool)


def changed_means(means: pd.DataFrame) -> pd.DataFrame:
    """Means over tasks once more, without dominating tokens, of lines that these change anywhere.

    means: of lines.over_tasks, with `without`; where it is not known of every task, a gap.
    """
    again = means[_moved(means, ["model", "series", "variation", "variant"])]
    unknown = again["without"].isna()
    return again.assign(
        value=again["without"],
        low=np.nan,
        high=np.nan,
        reason=again["reason"].mask(unknown, "not known without dominating tokens on every task"),
        variant=WITHOUT,
        heavy="",
        without=np.nan,
    )


def models(config: Config, runs: pd.DataFrame) -> list[str]:
    """Models of these runs that have dominated layers, those with most of them in a run first."""
    heavy = heavy_layers(config, runs).merge(runs[["run_key", "model"]], on="run_key")
    most = heavy.groupby(["model", "run_key"]).size().groupby("model").max()
    return list(most.sort_values(ascending=False, kind="stable").index)


def span_words(row: "pd.Series[object]") -> str:
    """A stretch of dominated layers in a few words, for a hover."""
    return (
        f"{row['model']}, layers {row['first']} to {row['last']} of {row['num_blocks']}: "
        f"{row['token']} dominates, up to {significant(float(str(row['ratio'])))} times the median "
        f"norm (n={whole(float(str(row['n'])))})"
    )


def notes(found: pd.DataFrame) -> list[str]:
    """Which layers are shaded and why, one sentence a model and task. found: of `spans`."""
    said = []
    several = found["task"].nunique() > 1
    for (model, task), rows in found.groupby(["model", "task"], sort=False):
        parts = dict.fromkeys(span(row.first, row.last) for row in rows.itertuples())
        top = rows.loc[rows["ratio"].idxmax()]
        on = f" on {task}" if several else ""
        said.append(
            f"Shaded: {possessive(str(model))} layers {', '.join(parts)} of {top['num_blocks']}"
            f"{on}, where in most {item_noun(str(model))}s {top['token']} has over 10 times the "
            f"median norm, up to {significant(float(top['ratio']))} times."
        )
    return said


def _words(shares: np.ndarray, noun: str) -> str:
    """Which vector is the largest in most items; "one token" where it differs."""
    if np.isnan(shares).any() or shares.max() < MOSTLY:
        return TOKEN_WORDS["other"].format(noun)
    return TOKEN_WORDS[list(PLACES)[int(shares.argmax())]].format(noun)


def _siblings(every: pd.DataFrame, picked: pd.DataFrame) -> dict[str, str]:
    """Runs that pool without dominating tokens -> the picked run that is the same otherwise."""
    same = ["model", "task", *(one.name for one in FILTERS if one.name != "tokens")]
    pooled = every[every["tokens"] == TOKENS[1]]
    both = pooled.merge(picked[[*same, "run_key"]], on=same, suffixes=("", "_of"))
    found = both.drop_duplicates("run_key_of")
    return dict(zip(found["run_key"], found["run_key_of"], strict=True))
