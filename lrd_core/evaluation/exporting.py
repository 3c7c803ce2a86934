"""Scores of layers as a folder that MTEB reads as its own results, each layer an experiment.

    results/<org>__<model>/<revision>/experiments/layer_3/<Task>.json

with a model_meta.json beside it; a score of the whole model lies one folder higher, as MTEB's do.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from lrd_core.config import Config
from lrd_core.disk import saying_what_is_refused, whole_file
from lrd_core.errors import InputError
from lrd_core.evaluation.mteb_index import mteb_facts
from lrd_core.extras import need
from lrd_core.models.specs import known_model
from lrd_core.numbers import whole
from lrd_core.store.connection import connect
from lrd_core.store.reading import read_table
from lrd_core.store.scores import SCORES
from lrd_core.store.sources import TRUSTED
from lrd_core.tasks import known_task

RESULTS, EXPERIMENTS = "results", "experiments"
NOBODY = "lrd-explorer"
"""Stands where MTEB wants an organisation and a model has none."""

UNTOLD = (
    *("loader", "release_date", "languages", "n_parameters", "memory_usage_mb", "max_tokens"),
    *("embed_dim", "license", "open_weights", "public_training_code", "public_training_data"),
    *("similarity_fn_name", "use_instructions", "training_datasets", "reference"),
)
LISTS: Mapping[str, Any] = {"framework": [], "modalities": ["text"]}
"""What MTEB wants to be told of a model and we leave open, and its lists."""

_OLD_TASK = "score of another revision of the task"
_NO_SCORE = "layer without a score"


@dataclass(frozen=True)
class ExportedResults:
    """Result files below `folder`. left_out: reason -> number of scores."""

    folder: Path
    files: int
    models: tuple[str, ...]
    tasks: tuple[str, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What lies where, in words."""
        left = "".join(f"; left out: {whole(n)} ({reason})" for reason, n in self.left_out.items())
        return (
            f"{whole(self.files)} result files of {len(self.models)} models on {len(self.tasks)} "
            f"tasks written to {self.folder}{left}"
        )


def export_results(
    config: Config, folder: Path, models: Sequence[str] = (), tasks: Sequence[str] = ()
) -> ExportedResults:
    """Write scores that were computed here, or bundled, as MTEB results. Empty lists mean all.

    A model that was scored under several settings has an experiment for each, which names what
    differs. Imported scores are left where they came from.
    Raises: InputError where the folder is in use or there is nothing to write; UnwritableError.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is there already; name a new folder")
    left_out: Counter[str] = Counter()
    rows = _rows(config, models, tasks, left_out)
    if rows.empty:
        raise InputError("no score computed here is of these models and tasks; compute some first")
    need("mteb", "writing MTEB results")
    files = 0
    with saying_what_is_refused(folder):
        for (_, revision), own in rows.groupby(["model_id", "revision"], sort=False):
            name = mteb_name(str(own["model"].iloc[0]))
            place = folder / RESULTS / name.replace("/", "__") / _plain(revision)
            files += _write_model(place, name, _plain(revision), own)
    return ExportedResults(
        folder, files, tuple(rows["model"].unique()), tuple(rows["task"].unique()), left_out
    )


def mteb_name(model: str) -> str:
    """organisation/model, as MTEB names a model."""
    known = known_model(model)
    name = known.id if known else model
    return name if name.count("/") == 1 and ":" not in name else f"{NOBODY}/{_plain(model)}"


def _plain(text: object) -> str:
    """As a folder may be called on any system."""
    plain = "".join(one if one.isalnum() or one in "._-" else "-" for one in str(text))
    return plain.strip(".") or "no_revision_available"


def _rows(
    config: Config, models: Sequence[str], tasks: Sequence[str], left_out: Counter[str]
) -> pd.DataFrame:
    wanted = {"model": list(models), "task": list(tasks)}
    with connect(config, read_only=True) as connection:
        filters = {name: values for name, values in wanted.items() if values}
        rows = read_table(connection, SCORES, source=list(TRUSTED), **filters)
    left_out[_NO_SCORE] = int(rows["score"].isna().sum())
    rows = rows.dropna(subset=["score"]).sort_values("created_at", kind="stable")
    same = ["model_id", "revision", "task", "subset", "split", "layer", "settings"]
    newest = rows.groupby(["model_id", "revision", "task", "settings"])["task_revision"]
    old = rows["task_revision"] != newest.transform("last")
    left_out[_OLD_TASK] = int(old.sum())
    for reason in [reason for reason, n in left_out.items() if not n]:
        del left_out[reason]
    # Bundled and own results may hold the same score twice.
    return rows[~old].drop_duplicates(same, keep="last")


def _write_model(place: Path, name: str, revision: str, rows: pd.DataFrame) -> int:
    """Result files of one model at one revision; returns how many."""
    files = 0
    settings = {text: json.loads(text) for text in rows["settings"].unique()}
    differing = _differing(list(settings.values()))
    keys = ["layer", "settings", "task"]
    for (layer, text, task), own in rows.groupby(keys, dropna=False, sort=False):
        told = {key: settings[text].get(key) for key in differing}
        experiment = ({} if pd.isna(layer) else {"layer": int(layer)}) | told
        folder = place / EXPERIMENTS / _experiment_name(experiment) if experiment else place
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / f"{task}.json", _result(str(task), own))
        meta = {"name": name, "revision": revision, "experiment_kwargs": experiment or None}
        _write(folder / "model_meta.json", {**dict.fromkeys(UNTOLD), **LISTS, **meta})
        files += 1
    return files


def _differing(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of settings that are not the same in all."""
    names = sorted({name for one in settings for name in one})
    return [name for name in names if len({str(one.get(name)) for one in settings}) > 1]


def _experiment_name(experiment: Mapping[str, Any]) -> str:
    """The folder that MTEB looks for: names and values joined, what no folder may hold replaced."""
    parts = (f"{name}_{value}" for name, value in sorted(experiment.items()))
    return "".join("_" if one in '<>:"|?*\\/\0' else one for one in "__".join(parts))


def _result(task: str, rows: pd.DataFrame) -> dict[str, Any]:
    facts, spec = mteb_facts(task), known_task(task)
    scores: dict[str, list[dict[str, Any]]] = {}
    for row in rows.itertuples():
        english = facts is not None or (spec is not None and spec.language == "en")
        scores.setdefault(str(row.split), []).append(
            {
                "main_score": float(row.score),
                str(row.score_name): float(row.score),
                "hf_subset": str(row.subset),
                "languages": ["eng-Latn"] if english else [],
            }
        )
    return {
        "dataset_revision": str(rows["task_revision"].iloc[0]),
        "task_name": task,
        "mteb_version": version("mteb"),
        "scores": scores,
        "evaluation_time": None,
        "kg_co2_emissions": None,
    }


def _write(path: Path, content: Mapping[str, Any]) -> None:
    with whole_file(path) as partial:
        partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
