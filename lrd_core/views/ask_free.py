"""What picks without labels come to, on the texts asked about and elsewhere, as tables."""

import pandas as pd

from lrd_core.analysis.combination import is_mixture
from lrd_core.asking.answers import CHOSEN, LAST
from lrd_core.numbers import points, whole
from lrd_core.views.ask import AskView
from lrd_core.views.layer_words import strategy_name
from lrd_core.views.track_record import HELD_OUT, TOGETHER

NEVER = "not up to"


def free_table(view: AskView) -> pd.DataFrame:
    """Model, way, layer, n and, where labels judged, what it scores and what labels would gain.

    Beside the label-free metrics stands the mixture of them that is taken, where one is, and the
    last layer, which needs neither.
    """
    if view.picks.empty:
        return pd.DataFrame()
    rows = [
        {"Model": row.model, "Picked by": strategy_name(row.series), "Layer": int(row.layer)}
        | {"Items read": whole(row.n)}
        | _judged(view, str(row.model), str(row.series), int(row.layer))
        for row in view.picks.itertuples()
    ]
    if view.earned and view.best and is_mixture(view.earned.way):
        mixed = {"Picked by": strategy_name(view.earned.way), "Layer": view.best[1]}
        rows.append({"Model": view.best[0], **mixed, "Items read": whole(view.picks["n"].iloc[0])})
    for model, layers in view.table.groupby("model", sort=False):
        last = int(layers["num_blocks"].iloc[0])
        if last not in set(layers["layer"]):
            continue  # it costs more than was allowed
        rows.append(
            {
                "Model": model,
                "Picked by": strategy_name("last"),
                "Layer": last,
                "Items read": "none",
            }
            | _judged(view, str(model), LAST, last)
        )
    return pd.DataFrame(rows).sort_values("Model", kind="stable", ignore_index=True)


def track_for_people(view: AskView) -> pd.DataFrame:
    """The track record with ways in words and points of 100."""
    return _for_people(view.track)


def record_for_people(view: AskView) -> pd.DataFrame:
    """What a layer without labels is chosen by, in the same form."""
    return _for_people(view.record)


def _for_people(record: pd.DataFrame) -> pd.DataFrame:
    shown = record.assign(way=record["way"].map(_track_name))
    numbers = ["regret", "low", "high"]
    shown[numbers] = (100 * shown[numbers]).round(1)
    names = {
        "way": "Picked by",
        "origin": "Values",
        "regret": "Points lost",
        "low": "95% from",
        "high": "95% to",
        "num_tasks": "Tasks",
        "num_models": "Models",
    }
    return shown.rename(columns=names)


def _track_name(way: str) -> str:
    return way if way in (HELD_OUT, TOGETHER) else strategy_name(way)


def _judged(view: AskView, model: str, way: str, layer: int) -> dict[str, str]:
    if not view.score_name:
        return {}
    scores = view.table[view.table["model"] == model].set_index("layer")["score"]
    below = points(100 * (scores.max() - scores[layer]))
    found = {view.score_name.capitalize(): view.amount(scores[layer])}
    found["Points below its best"] = below
    return found | {"Labels choose better from": _since(view, model, way)}


def _since(view: AskView, model: str, way: str) -> str:
    """The first number of labels from which on they are never behind this way again."""
    curve = view.curve
    wide = (
        curve[curve["model"] == model].pivot(index="labels", columns="way", values="score")
        if len(curve)
        else curve
    )
    if way not in wide or CHOSEN not in wide:
        return "not measured"
    better = wide[CHOSEN] > wide[way]
    since = wide.index[better[::-1].cumprod()[::-1].astype(bool)]
    return f"{whole(since[0])} labels" if len(since) else f"{NEVER} {whole(wide.index[-1])}"
