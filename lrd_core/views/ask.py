"""The answer to "which layer of which model for my texts", ranked, with doubts and cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pandas as pd

from lrd_core.asking.answers import (
    CHOSEN,
    LAST,
    ORACLE,
    PROBE,
    SPEARMAN,
    Answer,
    ask_payload,
    read_answer,
)
from lrd_core.asking.budget import budget_words
from lrd_core.asking.settings import AskSettings
from lrd_core.config import Config
from lrd_core.metrics.registry import chosen_first, owner_of
from lrd_core.numbers import counted, decimals, percent, significant, whole
from lrd_core.settings import RunSettings, changed_options
from lrd_core.views.ask_pick import (
    earned_words,
    layers_without_labels,
    mixture_words,
    records_of,
    trial_words,
)
from lrd_core.views.ask_runs import runs_of
from lrd_core.views.command_text import FIRST_MODEL, FIRST_TASK, command
from lrd_core.views.earned import Earned, earned_way
from lrd_core.views.item_words import noun_of_task
from lrd_core.views.layer_words import strategy_name
from lrd_core.views.track_record import records_of_ways
from lrd_core.views.view import View, told

LABEL_FREE = tuple(sorted({owner_of(one.name).name for one in chosen_first("picks")}))
"""Metrics whose picks stand beside those of labels."""

STRESSED = CHOSEN
"""The way of the learning curve that all others are compared with."""

RANKED = ("model", "layer", "score", "low", "high", "tied", "knn", "logme", "h_score")
COST = ("milliseconds", "megabytes")
EXAMPLE = (FIRST_MODEL, "paraphrase-MiniLM-L3-v2")
EXAMPLE_RUN = RunSettings(n=200, max_length=128)
"""Models, and how they are read, of the answer that is bundled."""

_FOR_PEOPLE = {
    "model": "Model",
    "layer": "Layer",
    "low": "95% from",
    "high": "95% to",
    "tied": "As good as the best",
    "knn": "kNN",
    "logme": "LogME",
    "h_score": "H-score",
    "milliseconds": "ms to reach it",
    "megabytes": "MB",
}


@dataclass(frozen=True)
class AskRequest:
    """models and task: names, as `ask` takes them. run: how candidates are read."""

    models: tuple[str, ...] = EXAMPLE
    task: str = FIRST_TASK
    settings: AskSettings = field(default_factory=AskSettings)
    run: RunSettings = field(default=EXAMPLE_RUN)


@dataclass(frozen=True)
class AskView(View):
    """`table` has one row a model and layer within the budget: asking.ask.ROW_COLUMNS, best first.

    Empty where it was not asked yet; `payload` is then what a job of kind "ask" is given. ranked:
    the same for people. curve: score of the chosen layer against the number of labels, by way.
    picks: what label-free metrics pick, profiles: the values at every layer that they, and mixtures
    of them, pick by. track: what their picks cost on stored tasks of the type;
    record: the same of the regrets that a layer without labels is chosen by. earned: the way that
    is chosen by them; None for several models, and with labels. score_name: empty without labels.
    best: (model, layer) to take, by labels, else by the way that earned it, be it the last layer;
    None where nothing says.
    """

    payload: Mapping[str, Any] = field(default_factory=dict)
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    picks: pd.DataFrame = field(default_factory=pd.DataFrame)
    profiles: pd.DataFrame = field(default_factory=pd.DataFrame)
    track: pd.DataFrame = field(default_factory=pd.DataFrame)
    record: pd.DataFrame = field(default_factory=pd.DataFrame)
    earned: Earned | None = None
    score_name: str = ""
    n: int = 0
    best: tuple[str, int] | None = None

    def amount(self, score: float) -> str:
        """A score as people write it."""
        return percent(score, 1) if self.score_name == PROBE else decimals(score)

    @property
    def drawn(self) -> str:
        """What the figure has of every layer: without labels there is no score of any."""
        return "Score of every layer" if self.score_name else "Time to reach every layer"

    @property
    def ranked(self) -> pd.DataFrame:
        """Rounded, with what was not judged left out."""
        known = [
            one for one in (*RANKED, *COST) if one in self.table and self.table[one].notna().any()
        ]
        names = _FOR_PEOPLE | {"score": self.score_name.capitalize()}
        return self.table[known].round(3).rename(columns=names)


def question_of(
    models: Sequence[str], task: str, settings: AskSettings, run: RunSettings
) -> dict[str, Any]:
    """What the job is given and the answer is named by."""
    return ask_payload(models, task, asdict(settings), run.described())


def ask_view(config: Config, request: AskRequest) -> AskView:
    """The stored answer to a question; empty where it was not asked."""
    question = question_of(request.models, request.task, request.settings, request.run)
    answer = read_answer(config, question)
    if answer is None:
        return AskView(pd.DataFrame(), payload=question, command=ask_command(question))
    return ask_view_of(question, answer, *records_of(config, *asked_of(answer)))


def asked_of(answer: Answer) -> tuple[str, str, tuple[str, ...]]:
    """Type and name of the task, and the models with a layer within the budget: what records are
    looked up by."""
    within = dict.fromkeys(str(row["model"]) for row in answer.rows if row["within"])
    return answer.task_type, answer.task, tuple(within)


def stored_answer(config: Config, request: AskRequest) -> Answer | None:
    """The answer alone, for a page that keeps track records."""
    question = question_of(request.models, request.task, request.settings, request.run)
    return read_answer(config, question)


def ask_view_of(
    question: Mapping[str, Any], answer: Answer, track: pd.DataFrame, regrets: pd.DataFrame
) -> AskView:
    """An answer that is at hand. track, regrets: of records_of."""
    table = answer.table
    table = table[table["within"].astype(bool)].reset_index(drop=True)
    if answer.score_name:
        table = table.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    view = AskView(
        table,
        runs=runs_of(question, answer),
        command=ask_command(question),
        payload=dict(question),
        curve=pd.DataFrame(list(answer.curve)),
        picks=pd.DataFrame(list(answer.picks)),
        profiles=pd.DataFrame(list(answer.profiles)),
        track=track,
        record=records_of_ways(regrets),
        score_name=answer.score_name,
        n=answer.n,
    )
    view = replace(view, earned=_earned(view, regrets))
    view = replace(view, best=_best(view))
    return replace(
        view,
        sentence=_sentence(view, answer),
        notes=told(
            trial_words(view.earned) if view.earned else "",
            mixture_words(view.earned) if view.earned else "",
            _cheapest(view, answer),
            _beyond_budget(answer),
            _doubts(answer),
        ),
        alt=f"{view.drawn} of {counted(len(answer.revisions), 'model')} on {answer.task}.",
    )


def ask_command(question: Mapping[str, Any]) -> str:
    """The command that asks the same."""
    run = changed_options(RunSettings(**question["run"]))
    settings = changed_options(AskSettings(**question["settings"]))
    return command("ask", model=question["models"], task=question["task"], **settings, **run)


def way_name(way: str) -> str:
    """A way of the learning curve in words."""
    fixed = {
        CHOSEN: "layer chosen by these labels",
        LAST: "last layer",
        ORACLE: "best layer of the judged rows",
    }
    return fixed.get(way) or strategy_name(way)


def _best(view: AskView) -> tuple[str, int] | None:
    if view.score_name:
        top = view.table.iloc[0]
        return str(top["model"]), int(top["layer"])
    if view.earned is None:
        return None
    return str(view.table["model"].iloc[0]), _without_labels(view)[view.earned.way]


def _earned(view: AskView, regrets: pd.DataFrame) -> Earned | None:
    """Nothing without labels compares the layers of two models."""
    if view.score_name or view.table["model"].nunique() != 1:
        return None
    return earned_way(regrets, str(view.table["model"].iloc[0]), _without_labels(view))


def _without_labels(view: AskView) -> dict[str, int]:
    return layers_without_labels(view.table, view.picks, view.profiles)


def _sentence(view: AskView, answer: Answer) -> str:
    if not view.score_name:
        if view.earned is None or view.best is None:
            return f"Without labels nothing compares models on {answer.task}; each has its picks."
        return (
            f"Without labels, take layer {view.best[1]} of {view.best[0]} on {answer.task}"
            f"{earned_words(view.earned)}."
        )
    top = view.table.iloc[0]
    interval = f"{view.amount(top['low'])} to {view.amount(top['high'])}"
    return (
        f"On {answer.task}, layer {int(top['layer'])} of {top['model']} is best by "
        f"{whole(answer.n)} labels: {view.score_name} {view.amount(top['score'])} "
        f"(95% interval {interval}); {_ties(view, answer)}."
    )


def _ties(view: AskView, answer: Answer) -> str:
    rows = (
        "pairs"
        if answer.score_name == SPEARMAN
        else f"{noun_of_task(answer.task, answer.revisions)}s"
    )
    others = int(view.table["tied"].sum()) - 1
    if not others:
        return f"no other layer can be confused with it on these {whole(answer.n)} {rows}"
    return f"{counted(others, 'other layer')} cannot be told apart from it with so few {rows}"


def _cheapest(view: AskView, answer: Answer) -> str:
    """Which of the layers that are as good is come to soonest."""
    if not view.score_name:
        return ""
    tied = view.table[view.table["tied"].astype(bool)]
    cheapest = tied.loc[tied["milliseconds"].idxmin()]
    whole_model = answer.table[answer.table["model"] == cheapest["model"]]
    last = whole_model.loc[whole_model["layer"].idxmax()]
    share = cheapest["milliseconds"] / last["milliseconds"]
    return (
        f"The fastest of the layers that are as good is layer {int(cheapest['layer'])} of "
        f"{cheapest['model']}: {percent(share)} of the time to its last layer, measured in one run "
        f"({significant(cheapest['milliseconds'])} of {significant(last['milliseconds'])} ms)."
    )


def _beyond_budget(answer: Answer) -> str:
    """How much of each candidate costs more than was allowed."""
    over = answer.table[~answer.table["within"].astype(bool)]
    if over.empty:
        return ""
    each = ", ".join(
        f"{counted(len(rows), 'layer')} of {model}" for model, rows in over.groupby("model")
    )
    allowed = AskSettings(**{name: answer.settings[name] for name in ("megabytes", "milliseconds")})
    return f"Not among the candidates, for they cost more than {budget_words(allowed)}: {each}."


def _doubts(answer: Answer) -> list[str]:
    if not answer.score_name:
        return []
    left = (
        f"{counted(answer.left_out, 'row')} of classes with too few labelled "
        f"{noun_of_task(answer.task, answer.revisions)}s are left out."
        if answer.left_out
        else ""
    )
    return [
        *told(
            left,
            "Intervals draw rows anew and do not fit probes anew; the best of many layers looks "
            "better than it is.",
        )
    ]
