"""Which of several samples a pair of model and task was tried on is shown, and what is not.

The first that was tried stays on show: a later trial on fewer rows or shorter texts is another
setting, which a visitor can look at and which never takes the first one's place.
"""

import json
from collections.abc import Sequence

import pandas as pd

from lrd_core.config import Config
from lrd_core.numbers import counted
from lrd_core.pruning.opponents import PAIR, SAME
from lrd_core.pruning.settings import TrialSettings
from lrd_core.pruning.summary import guided_trials
from lrd_core.store.calibrations import CALIBRATIONS
from lrd_core.store.connection import connect
from lrd_core.store.reading import read_table
from lrd_core.views.words import joined

ALL_ROWS = "all rows"


def sample_name(settings: str) -> str:
    """The sample of a trial in words, from its settings as JSON: 200 rows, 256 tokens."""
    made = json.loads(settings)
    return sample_words(made.get("n"), made.get("max_length"))


def sample_words(rows: int | None, tokens: int | None) -> str:
    """So many rows evaluated, None for all, of at most so many tokens: 200 rows, 256 tokens."""
    return f"{counted(rows, 'row') if rows else ALL_ROWS}, {tokens} tokens"


def samples(trials: pd.DataFrame) -> list[str]:
    """Names of the samples that rules were tried on, the first tried first."""
    tried = _guided(trials).sort_values("created_at", kind="stable")
    return list(dict.fromkeys(sample_name(text) for text in tried["settings"]))


def one_sample(trials: pd.DataFrame, wanted: str = "") -> pd.DataFrame:
    """For each model and task the trials under one set of settings.

    That of the wanted sample where it was tried, else the first that was.
    """
    if trials.empty:
        return trials
    tried = _guided(trials)
    other = [sample_name(text) != wanted for text in tried["settings"]]
    ranked = tried.assign(other=other).sort_values(["other", "created_at"], kind="stable")
    return trials.merge(ranked.drop_duplicates(PAIR)[SAME], on=SAME)


def not_shown(trials: pd.DataFrame, drawn: pd.DataFrame) -> str:
    """What else was tried on the shown pairs: other samples, and rules' plans that were replaced.

    trials: all of the pairs. drawn: what is shown of them, as `compare` gives it. "" for nothing.
    """
    pairs = pd.MultiIndex.from_frame(drawn[PAIR])
    tried = guided_trials(trials)
    tried = tried[pd.MultiIndex.from_frame(tried[PAIR]).isin(pairs)]
    mine = pd.MultiIndex.from_frame(tried[SAME]).isin(pd.MultiIndex.from_frame(drawn[SAME]))
    others = tried[~mine]
    said = []
    if len(others):
        names = [
            f"{task} on {joined(dict.fromkeys(map(sample_name, part['settings'])))}"
            for task, part in others.groupby("task", sort=False)
        ]
        said.append(f"Also tried, not drawn here: {joined(names, most=4)}.")
    same = tried[mine]
    options = ["rule", "budget", "indexing", "protect", "selection"]
    repeated = same[same["budget"].notna()].duplicated([*SAME, *options]).sum()
    if repeated:
        said.append(
            f"{counted(int(repeated), 'plan')} of these rules from other calibrations "
            "are not drawn; Data has them."
        )
    return " ".join(said)


def form_defaults(config: Config, trials: pd.DataFrame, model: str) -> TrialSettings:
    """The settings of the trials on show, so that a new one can be laid beside them.

    trials: those that are shown of the model. What none of them tells is a trial's own default.
    """
    usual = TrialSettings()
    made = [json.loads(text) for text in _guided(trials)["settings"]]
    with connect(config, read_only=True) as connection:
        calibrated = read_table(connection, CALIBRATIONS, model=model)
    return TrialSettings(
        n=_most_common([one.get("n") for one in made], usual.n or 300),
        calibration_n=_most_common(calibrated["n"].tolist(), usual.calibration_n),
        max_length=_most_common([one.get("max_length") for one in made], 128),
    )


def _guided(trials: pd.DataFrame) -> pd.DataFrame:
    guided = guided_trials(trials)
    return trials if guided.empty else guided


def _most_common(values: Sequence[int | None], otherwise: int) -> int:
    known = pd.Series([value for value in values if value], dtype=float)
    return otherwise if known.empty else int(known.mode().iloc[0])
