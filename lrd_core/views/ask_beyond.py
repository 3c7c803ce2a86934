"""Beyond one whole layer: several of them, and shorter or coarser vectors, on one's own texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lrd_core.asking.answers import PROBE
from lrd_core.asking.answers import Answer as Answer
from lrd_core.asking.several import SINGLE
from lrd_core.asking.smaller import WHOLE as WHOLE
from lrd_core.asking.splits import DRAWS
from lrd_core.config import Config
from lrd_core.numbers import decimals, percent, signed_points, whole
from lrd_core.views.ask import AskRequest, ask_command, question_of, stored_answer
from lrd_core.views.ask_runs import runs_of
from lrd_core.views.item_words import noun_of_task
from lrd_core.views.view import View


@dataclass(frozen=True)
class SmallerView(View):
    """`table`: model, layer, how, values, bytes, score, low, high, n; see asking.smaller.

    model: whose layers are drawn. score_name: what is on the axis.
    """

    model: str = ""
    score_name: str = ""


def score_name_of(answer: Answer) -> str:
    """Nearest neighbours judge classes here: a probe would be fitted thousands of times."""
    return "kNN accuracy" if answer.score_name == PROBE else answer.score_name


def smaller_view(config: Config, request: AskRequest) -> SmallerView:
    """Score of shorter and coarser vectors at every layer, of the stored answer's first model."""
    answer = stored_answer(config, request)
    if answer is None or not answer.smaller:
        return SmallerView(pd.DataFrame(), sentence="This was not asked here yet.")
    question = question_of(request.models, request.task, request.settings, request.run)
    return smaller_view_of(question, answer)


def smaller_view_of(question: Mapping[str, Any], answer: Answer, model: str = "") -> SmallerView:
    """The same of an answer that is at hand. model: the first one unless told."""
    table = pd.DataFrame(list(answer.smaller))
    model = model or str(table["model"].iloc[0])
    mine = table[table["model"] == model].reset_index(drop=True)
    name = score_name_of(answer)
    return SmallerView(
        mine,
        sentence=_smallest(mine, model, answer),
        notes=(
            f"{name} on {whole(mine['n'].iloc[0])} rows with as many known, mean of "
            f"{whole(DRAWS)} draws, from 5% to 95% of them; directions of PCA and the range of "
            f"int8 are those of these {noun_of_task(answer.task, answer.revisions)}s.",
        ),
        runs=runs_of(question, answer).query("model == @model"),
        command=ask_command(question),
        alt=f"{name} over the layers of {model}, a line for each kind of vector.",
        model=model,
        score_name=name,
    )


def _smallest(table: pd.DataFrame, model: str, answer: Answer) -> str:
    """Which vectors take fewest bytes and still reach the best whole layer's lower end."""
    full = table[table["how"] == WHOLE]
    best = full.loc[full["score"].idxmax()]
    enough = table[table["score"] >= best["low"]]
    small = enough.sort_values(["bytes", "score"], ascending=[True, False]).iloc[0]
    amount = _amount(answer)
    return (
        f"On {answer.task}, {small['how']} vectors of layer {int(small['layer'])} of {model} take "
        f"{whole(small['bytes'])} bytes and reach {amount(small['score'])}; the best whole ones, "
        f"of layer {int(best['layer'])}, take {whole(best['bytes'])} and reach "
        f"{amount(best['score'])} ({amount(best['low'])} to {amount(best['high'])})."
    )


def _amount(answer: Answer) -> Any:
    return (lambda score: percent(score, 1)) if answer.score_name == PROBE else decimals


def several_table(answer: Answer) -> pd.DataFrame:
    """For people: what each way of more than one layer reaches on rows that had no say in it."""
    if not answer.several:
        return pd.DataFrame()
    amount = _amount(answer)
    return pd.DataFrame(
        [
            {
                "Model": row["model"],
                "Vectors": row["way"],
                "Layers": ", ".join(map(str, row["layers"])) or "all",
                score_name_of(answer): amount(row["score"]),
                "Points above one layer": ""
                if row["way"] == SINGLE
                else f"{signed_points(100 * row['gain'])} ({signed_points(100 * row['gain_low'])} "
                f"to {signed_points(100 * row['gain_high'])})",
                "Judged rows": whole(row["n"]),
            }
            for row in answer.several
        ]
    )


def several_words(answer: Answer) -> str:
    """Whether more than one layer is worth it: one sentence for all models."""
    helped = [row for row in answer.several if row["way"] != SINGLE and (row["gain_low"] or 0) > 0]
    if not answer.several:
        return ""
    if not helped:
        return (
            "No mean, set or concatenation of layers is surely better than the single layer that "
            "the same labels choose."
        )
    best = max(helped, key=lambda row: row["gain"])
    return (
        f"Of {best['model']}, the {best['way']} is better than the single layer that the same "
        f"labels choose, by {signed_points(100 * best['gain'])} points "
        f"({signed_points(100 * best['gain_low'])} to {signed_points(100 * best['gain_high'])} in "
        f"90% of {whole(DRAWS)} draws)."
    )
