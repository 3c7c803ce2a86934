"""Ask: every layer of some models on one task, judged by labels and picked without them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lrd_core.asking.answers import LAST, PROBE, SPEARMAN, Answer
from lrd_core.asking.budget import layers_within, refuse_empty
from lrd_core.asking.compare import compare_cosines, compare_hits, spearman_on
from lrd_core.asking.cost import layer_megabytes, layer_milliseconds
from lrd_core.asking.curve import learning_curve
from lrd_core.asking.judges import h_score, knn_hits, logme, pair_cosines, probe_hits, unit_rows
from lrd_core.asking.labelled import Labelled, labelled_rows
from lrd_core.asking.settings import AskSettings
from lrd_core.asking.several import several_layers
from lrd_core.asking.smaller import smaller_vectors
from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.extraction.hidden_states import extract
from lrd_core.extraction.inputs import refuse_other_items
from lrd_core.metrics.registry import chosen_first, owner_of
from lrd_core.models.load import LoadedModel
from lrd_core.models.loading import USUAL, Loading
from lrd_core.progress import Progress, silent
from lrd_core.runs.in_memory import measure_items
from lrd_core.runs.request import parse_metrics
from lrd_core.settings import RunSettings, check_bounds
from lrd_core.tasks import TaskContent, TaskItems, load_content, load_task

ROW_COLUMNS = (
    *("model", "layer", "num_blocks", "within", "score", "low", "high", "behind", "behind_low"),
    *("behind_high", "tied", "knn", "logme", "h_score", "milliseconds", "megabytes"),
)


@dataclass(frozen=True)
class Judged:
    """One model's layers: rows with everything but intervals, and what these are made of.

    told: (layers, n) hits of the probe, or cosines of the pairs, of the layers within the budget;
    None without labels.
    """

    rows: pd.DataFrame
    told: np.ndarray | None
    curve: pd.DataFrame
    picks: pd.DataFrame
    loaded_revision: str
    several: pd.DataFrame = field(default_factory=pd.DataFrame)
    smaller: pd.DataFrame = field(default_factory=pd.DataFrame)
    profiles: pd.DataFrame = field(default_factory=pd.DataFrame)


def ask(
    models: Sequence[str],
    task: str,
    settings: AskSettings,
    run: RunSettings,
    config: Config,
    *,
    loading: Loading = USUAL,
    progress: Progress = silent,
) -> Answer:
    """Every layer of every model on the task, ranked where labels are given.

    Raises: InputError for no model, a setting out of bounds, a task whose labels cannot be used, or
        a budget that no layer stays within; LrdError of the part that failed.
    """
    if not models:
        raise InputError("no model to ask about; name at least one")
    check_bounds(settings)
    content = load_content(task)
    sample = load_task(task, run.n, run.seed)
    labelled = None
    if settings.labels:
        labelled = labelled_rows(content, settings.labels, run.seed, settings.folds)
    found = {}
    for done, name in enumerate(dict.fromkeys(models)):
        progress("models", done, len(models))
        loaded = loading.load(name, run, config)
        refuse_other_items(loaded.spec, sample.spec)
        found[loaded.spec.name] = judge(loaded, labelled, sample, settings, run, progress)
    return _answer(content, labelled, found, settings, run)


def judge(
    loaded: LoadedModel,
    labelled: Labelled | None,
    sample: TaskItems,
    settings: AskSettings,
    run: RunSettings,
    progress: Progress = silent,
) -> Judged:
    """One model: its label-free picks, what each layer costs, and what the labels say.

    Layers that cost more than is allowed are neither picked nor judged.
    """
    rows = _costs(loaded, sample, settings)
    num_layers = int(rows["within"].sum())
    if not num_layers:
        return Judged(rows, None, pd.DataFrame(), pd.DataFrame(), loaded.revision)
    profiles = label_free_profiles(loaded, sample, run, num_layers, progress)
    picks = picks_of(profiles)
    if labelled is None:
        return Judged(rows, None, pd.DataFrame(), picks, loaded.revision, profiles=profiles)
    layers = list(extract(loaded, labelled.texts, run, progress=progress).embeddings)[:num_layers]
    progress("several layers, smaller vectors", 0, 1)
    beyond = (
        several_layers(layers, labelled, run.seed),
        smaller_vectors(layers, labelled, run.seed),
        profiles,
    )
    fixed = {LAST: loaded.num_blocks} if num_layers > loaded.num_blocks else {}
    fixed |= {str(row.series): int(row.layer) for row in picks.itertuples()}
    if labelled.pairs:
        told = np.stack([_cosines(layer, labelled) for layer in layers])
        curve = _pair_curve(told, labelled, fixed, run.seed)
        return Judged(rows, told, curve, picks, loaded.revision, *beyond)
    own = [layer[labelled.first] for layer in layers]
    if loaded.pipeline.normalises:
        own = [unit_rows(layer) for layer in own]
    told, more = _class_rows(own, labelled, settings, run.seed, progress)
    curve = _class_curve(own, labelled, fixed, run.seed)
    return Judged(rows.join(more), told, curve, picks, loaded.revision, *beyond)


def _costs(loaded: LoadedModel, sample: TaskItems, settings: AskSettings) -> pd.DataFrame:
    milliseconds = layer_milliseconds(loaded, list(sample.items[:64]))
    megabytes = layer_megabytes(loaded)
    return pd.DataFrame(
        {
            "model": loaded.spec.name,
            "layer": np.arange(loaded.num_blocks + 1),
            "num_blocks": loaded.num_blocks,
            "milliseconds": milliseconds,
            "megabytes": megabytes,
            "within": layers_within(settings, milliseconds, megabytes),
        }
    )


def label_free_profiles(
    loaded: LoadedModel,
    sample: TaskItems,
    run: RunSettings,
    num_layers: int,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Of each usual label-free metric its values at the first layers: series, layer, value, n."""
    wanted = [series.name for series in chosen_first("picks")]
    metrics = parse_metrics(sorted({owner_of(name).name for name in wanted}))
    results = measure_items(loaded, sample, run, metrics, progress)
    rows = [
        (value.series, int(value.position), float(value.value), sample.n)
        for _, measured in results.measured
        for value in measured.values
        if value.series in wanted and value.value is not None and value.position is not None
    ]
    found = pd.DataFrame(rows, columns=["series", "layer", "value", "n"])
    return found[(found["layer"] < num_layers) & np.isfinite(found["value"])]


def picks_of(profiles: pd.DataFrame) -> pd.DataFrame:
    """The rows of label_free_profiles that the metrics pick; of equal values the lower layer."""
    rows = []
    for series in chosen_first("picks"):
        known = profiles[profiles["series"] == series.name].sort_values("layer")
        if len(known):
            values = known["value"]
            rows.append(values.idxmin() if series.picked_at == "lowest" else values.idxmax())
    return profiles.loc[rows].reset_index(drop=True)


def _cosines(layer: np.ndarray, labelled: Labelled) -> np.ndarray:
    assert labelled.second is not None
    return pair_cosines(layer[labelled.first], layer[labelled.second])


def _class_rows(
    layers: Sequence[np.ndarray],
    labelled: Labelled,
    settings: AskSettings,
    seed: int,
    progress: Progress,
) -> tuple[np.ndarray, pd.DataFrame]:
    codes, every = labelled.targets, np.arange(labelled.n)
    told, rows = [], []
    for done, layer in enumerate(layers):
        progress("judging layers", done, len(layers))
        told.append(probe_hits(layer, codes, settings.folds, settings.repeats, seed))
        cosines = _gram(layer)
        rows.append(
            {
                "knn": float(knn_hits(cosines, codes, every, every).mean()),
                "logme": logme(layer, codes),
                "h_score": h_score(layer, codes),
            }
        )
    return np.stack(told), pd.DataFrame(rows)


def _gram(layer: np.ndarray) -> np.ndarray:
    unit = unit_rows(layer)
    cosines: np.ndarray = unit @ unit.T
    return cosines


def _class_curve(
    layers: Sequence[np.ndarray], labelled: Labelled, fixed: Mapping[str, int], seed: int
) -> pd.DataFrame:
    """By nearest neighbours: a probe would be fitted thousands of times."""
    cosines, codes = [_gram(layer) for layer in layers], labelled.targets

    def score_on(known: np.ndarray, judged: np.ndarray) -> np.ndarray:
        return np.array([knn_hits(one, codes, judged, known).mean() for one in cosines])

    return learning_curve(score_on, labelled.n, fixed, seed)


def _pair_curve(
    told: np.ndarray, labelled: Labelled, fixed: Mapping[str, int], seed: int
) -> pd.DataFrame:
    def score_on(known: np.ndarray, judged: np.ndarray) -> np.ndarray:
        return spearman_on(told, labelled.targets, judged)

    return learning_curve(score_on, labelled.n, fixed, seed)


def _answer(
    content: TaskContent,
    labelled: Labelled | None,
    found: Mapping[str, Judged],
    settings: AskSettings,
    run: RunSettings,
) -> Answer:
    rows = pd.concat([one.rows for one in found.values()], ignore_index=True)
    refuse_empty(settings, rows)
    score_name = ""
    if labelled is not None:
        told = np.concatenate([one.told for one in found.values() if one.told is not None])
        if labelled.pairs:
            score_name = SPEARMAN
            compared = compare_cosines(told, labelled.targets, run.seed)
        else:
            score_name = PROBE
            compared = compare_hits(told, run.seed)
        # Judged rows are those within the budget, in the order of the rows.
        rows = rows.join(compared.set_index(rows.index[rows["within"]]))
    rows = rows.reindex(columns=list(ROW_COLUMNS))
    return Answer(
        task=content.spec.name,
        task_revision=content.spec.revision,
        task_type=content.spec.type,
        score_name=score_name,
        n=0 if labelled is None else labelled.n,
        left_out=0 if labelled is None else labelled.left_out,
        settings=asdict(settings) | run.described(),
        rows=_plain(rows),
        curve=_plain(_named(found, "curve")),
        picks=_plain(_named(found, "picks")),
        profiles=_plain(_named(found, "profiles")),
        several=_plain(_named(found, "several")),
        smaller=_plain(_named(found, "smaller")),
        revisions={name: one.loaded_revision for name, one in found.items()},
    )


def _named(found: Mapping[str, Judged], part: str) -> pd.DataFrame:
    parts = [getattr(one, part).assign(model=name) for name, one in found.items()]
    return pd.concat(parts, ignore_index=True)


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of plain values; what is missing is None."""
    shown = table.astype(object).where(table.notna(), None)
    return [
        {str(name): _plain_value(value) for name, value in row.items()}
        for row in shown.to_dict("records")
    ]


def _plain_value(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
