"""Measured scores as tables of subjects: a model at one revision, scored one way by one source."""

import json
import re

import pandas as pd

from lrd_core.analysis.task_scores import Subsets as Subsets
from lrd_core.analysis.task_scores import one_score_a_task
from lrd_core.config import Config
from lrd_core.views.provenance import short_revision
from lrd_core.views.stored import scores

FINAL_ONLY = -1
"""Layer of a score that is known for the whole model alone."""

NOT_IDENTITY = frozenset(("first_subset", "mteb_version", "snapshot", "languages", "seed"))
"""Entries of a score's settings that vary between files of one and the same evaluation."""

OWN = ("own", "demo")
"""Sources of results that this project computed."""

_CHECKPOINT = re.compile(r"step(\d+)")


def score_table(config: Config, subsets: Subsets = "english") -> pd.DataFrame:
    """One row a subject, task and layer.

    Columns: subject (its name on screen), model, revision, pooling, source, family, num_blocks,
    hidden_size, checkpoint (training step, NA for a finished model), task, task_type, layer
    (FINAL_ONLY where only the whole model was scored), score, num_subsets.
    """
    stored = scores(config)
    if stored.empty:
        return pd.DataFrame(columns=[*_COLUMNS])
    stored = stored.assign(
        layer=stored["layer"].astype("Int64").fillna(FINAL_ONLY).astype(int),
        revision=stored["revision"].fillna(""),
    )
    described = _settings_columns(stored["settings"])
    stored = pd.concat([stored.reset_index(drop=True), described], axis=1)
    stored["variant"] = stored["source"] + "|" + stored["way"]
    averaged = one_score_a_task(stored, subsets)
    facts = stored.drop_duplicates(["model", "revision", "variant", "task"])
    facts = facts[["model", "revision", "variant", "task", *_FACTS]]
    table = averaged.merge(facts, on=["model", "revision", "variant", "task"])
    steps = {name: training_step(name) for name in table["revision"].unique()}
    table["checkpoint"] = table["revision"].map(steps).astype("Int64")
    table["num_blocks"] = _known_blocks(table)
    names = _subject_names(table)
    table = table.merge(names, on=["model", "revision", "variant"])
    return table[[*_COLUMNS]].sort_values(["subject", "task", "layer"], ignore_index=True)


def training_step(revision: str) -> int | None:
    """The step of a training checkpoint such as step1000; None for any other revision."""
    found = _CHECKPOINT.fullmatch(revision)
    return int(found.group(1)) if found else None


def model_scores(table: pd.DataFrame, at: str = "last") -> pd.DataFrame:
    """One score a model and task: at the last layer, or at the best one.

    table: of score_table. at: last or best. Checkpoints are left out: they are no models of their
    own. Of several subjects of one model, own results come first, then those of most tasks. A
    best layer is only known where every layer has a score.
    Columns: model, task, task_type, score, source, subject, family, hidden_size.
    """
    finished = table[table["checkpoint"].isna()]
    key = ["subject", "task"]
    if at == "best":
        layered = finished[finished["layer"] >= 0]
        num_layers = layered.groupby(key)["layer"].transform("nunique")
        layered = layered[num_layers == layered["num_blocks"] + 1]
        chosen = layered.sort_values("score", ascending=False).drop_duplicates(key)
    else:
        last = finished["layer"].eq(finished["num_blocks"]) | finished["layer"].eq(FINAL_ONLY)
        chosen = finished[last].sort_values("layer", ascending=False).drop_duplicates(key)
    breadth = chosen.groupby("subject")["task"].transform("nunique")
    own = chosen["source"].isin(OWN)
    ranked = chosen.assign(own=own, breadth=breadth).sort_values(
        ["own", "breadth", "subject"], ascending=[False, False, True]
    )
    columns = ["model", "task", "task_type", "score", "source", "subject", "family", "hidden_size"]
    return ranked.drop_duplicates(["model", "task"])[columns].reset_index(drop=True)


_FACTS = ("task_type", "pooling", "source", "family", "num_blocks", "hidden_size")
_COLUMNS = (
    "subject",
    "model",
    "revision",
    "pooling",
    "source",
    "family",
    "num_blocks",
    "hidden_size",
    "checkpoint",
    "task",
    "task_type",
    "layer",
    "score",
    "num_subsets",
)


def _settings_columns(settings: pd.Series) -> pd.DataFrame:
    """pooling, first_subset and way (everything else that tells evaluations apart)."""
    parsed = {text: json.loads(text or "{}") for text in settings.unique()}
    rows = {
        text: {
            "pooling": str(values.get("pooling", "")),
            "first_subset": values.get("first_subset"),
            "way": json.dumps(
                {name: value for name, value in values.items() if name not in NOT_IDENTITY},
                sort_keys=True,
            ),
        }
        for text, values in parsed.items()
    }
    known = pd.DataFrame.from_dict(rows, orient="index")
    return known.loc[settings].reset_index(drop=True)


def _known_blocks(table: pd.DataFrame) -> pd.Series:
    """Number of blocks, from the deepest layer seen where the source does not state it."""
    deepest = table.groupby(["model", "revision", "variant"])["layer"].transform("max")
    return table["num_blocks"].astype("Int64").fillna(deepest.astype("Int64"))


def _subject_names(table: pd.DataFrame) -> pd.DataFrame:
    """The shortest names that tell subjects apart: model, checkpoint, then what else differs.

    Own results keep the plain name when they are the only ones of their own; the others say their
    pooling, that they are imported, their revision or file, as far as needed.
    """
    columns = ["model", "revision", "variant"]
    subjects = table[[*columns, "pooling", "source", "checkpoint"]].drop_duplicates(columns)
    step = subjects["checkpoint"].notna()
    plain = subjects["model"].where(~step, subjects["model"] + "@" + subjects["revision"])
    own = subjects["source"].isin(OWN)
    origin = pd.Series("imported", index=subjects.index).where(~own, "own")
    details = {
        "pooling": subjects["pooling"],
        "origin": origin,
        "revision": subjects["revision"].map(short_revision),
        "source": subjects["source"],
        "variant": subjects["variant"],
    }
    name = plain.copy()
    only_own = own & own.groupby(plain).transform("sum").eq(1)
    for values in details.values():
        shared = name.duplicated(keep=False) & ~only_own
        several = values.groupby(name).transform("nunique").gt(1)
        extend = shared & several & values.ne("")
        name = name.where(~extend, name + " (" + values + ")")
    return subjects.assign(subject=name)[[*columns, "subject"]]
