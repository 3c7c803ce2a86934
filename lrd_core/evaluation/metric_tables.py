"""Read a table of layer metrics that others published, such as the one of Layer by Layer.

How such values stand in the store, so that nobody takes them for ours:
- one run for each model, revision and data set; its `source` is "import: FILE";
- `n`, `n_total`, `max_length` and `seed` are 0 and `dtype` is empty: the table does not say;
- the values have the mode "published", whatever the metric, and so never mix with exact ones;
- a metric is taken in one normalisation, the one that our series of that name has; the others are
  left out with the reason (checked on the released table: each is the raw value of the same row,
  divided by log n, log d, both, or the smaller of the two).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from lrd_core.errors import InputError
from lrd_core.evaluation.importing import check_depths
from lrd_core.evaluation.published_names import published_model
from lrd_core.metrics import all_metrics
from lrd_core.models.catalogue import ModelSpec
from lrd_core.models.published import described_model
from lrd_core.models.specs import PUBLISHED
from lrd_core.settings import STATE_SPACE
from lrd_core.store.keys import content_key
from lrd_core.store.metric_id import MetricId
from lrd_core.store.runs import RunRecord
from lrd_core.tasks import known_task

_IDENTITY = ("family", "size", "revision", "dataset", "split")
COLUMNS = frozenset((*_IDENTITY, "metric_name", "normalisation", "layer", "value", "n_layers"))

IMAGES = frozenset(("imagenet",))
"""Data sets of the table that hold images."""

TASK_OF = {
    "wikitext": "wikitext",
    "mteb/amazon_counterfactual": "AmazonCounterfactualClassification",
    "mteb/amazon_massive_intent": "MassiveIntentClassification",
    "mteb/amazon_massive_scenario": "MassiveScenarioClassification",
    "mteb/amazon_reviews_multi": "AmazonReviewsClassification",
    "mteb/arxiv-clustering-s2s": "ArxivClusteringS2S",
    "mteb/askubuntudupquestions-reranking": "AskUbuntuDupQuestions",
    "mteb/banking77": "Banking77Classification",
    "mteb/biorxiv-clustering-s2s": "BiorxivClusteringS2S",
    "mteb/biosses-sts": "BIOSSES",
    "mteb/emotion": "EmotionClassification",
    "mteb/medrxiv-clustering-s2s": "MedrxivClusteringS2S",
    "mteb/mind_small": "MindSmallReranking",
    "mteb/mtop_domain": "MTOPDomainClassification",
    "mteb/mtop_intent": "MTOPIntentClassification",
    "mteb/reddit-clustering": "RedditClustering",
    "mteb/scidocs-reranking": "SciDocsRR",
    "mteb/sickr-sts": "SICK-R",
    "mteb/stackexchange-clustering": "StackExchangeClustering",
    "mteb/stackoverflowdupquestions-reranking": "StackOverflowDupQuestions",
    "mteb/sts12-sts": "STS12",
    "mteb/sts13-sts": "STS13",
    "mteb/sts14-sts": "STS14",
    "mteb/sts15-sts": "STS15",
    "mteb/sts16-sts": "STS16",
    "mteb/sts17-crosslingual-sts": "STS17",
    "mteb/stsbenchmark-sts": "STSBenchmark",
    "mteb/toxic_conversations_50k": "ToxicConversationsClassification",
    "mteb/tweet_sentiment_extraction": "TweetSentimentExtractionClassification",
    "mteb/twentynewsgroups-clustering": "TwentyNewsgroupsClustering",
}
"""Data set of the table -> task of the registry, so that metrics meet the task's scores."""

MAMBA_NOTE = (
    "imported: transformers leaves Mamba's embedding layer out, so layer l of the source is what "
    "block l wrote"
)


@dataclass(frozen=True)
class MetricTable:
    """Runs, their values as rows of metric_values, and rows left out by reason."""

    runs: tuple[RunRecord, ...]
    values: pd.DataFrame
    skipped: Mapping[str, int] = field(default_factory=dict)


def is_metric_table(columns: list[str]) -> bool:
    """Whether a table with these columns holds layer metrics."""
    return set(columns) >= COLUMNS


def read_metric_table(path: Path) -> MetricTable:
    """Read a Parquet table of layer metrics, of models of any modality.

    Raises: InputError when columns are missing.
    """
    table = pd.read_parquet(path)
    missing = COLUMNS - set(table.columns)
    if missing:
        raise InputError(
            f"{path.name} is no table of layer metrics: it lacks {', '.join(sorted(missing))}"
        )
    skipped: Counter[str] = Counter()
    table = _named(table, skipped)
    check_depths(table["layer"], pd.to_numeric(table["n_layers"], errors="coerce") - 1)
    table = _of_described_models(table, skipped)
    table = _of_known_metrics(table, skipped)
    table = _once(table, skipped)
    runs, parts = [], []
    for key, rows in table.groupby([*_IDENTITY, "n_layers"], sort=True):
        run = _run(path.name, *key)
        runs.append(run)
        parts.append(rows.assign(run_key=run.run_key))
    values = _values(pd.concat(parts)) if parts else pd.DataFrame()
    return MetricTable(tuple(runs), values, dict(skipped))


def _named(table: pd.DataFrame, skipped: Counter[str]) -> pd.DataFrame:
    """Rows that say what they are about: grouping would drop the others without a word."""
    names = [*_IDENTITY, "n_layers", "layer", "metric_name", "normalisation"]
    missing = table[names].isna().any(axis=1)
    if missing.any():
        skipped["row names no model, data set, split, metric or layer"] += int(missing.sum())
    return table[~missing]


def _once(table: pd.DataFrame, skipped: Counter[str]) -> pd.DataFrame:
    """The first value of every metric at every layer."""
    names = [*_IDENTITY, "layer", "metric_name", "normalisation"]
    repeated = table.duplicated(names)
    same = table.duplicated([*names, "value"])
    for reason, rows in (
        ("same value given twice", same),
        ("another value for the same metric and layer; the first one counts", repeated & ~same),
    ):
        if rows.any():
            skipped[reason] += int(rows.sum())
    return table[~repeated]


def _of_described_models(table: pd.DataFrame, skipped: Counter[str]) -> pd.DataFrame:
    pairs = table[["family", "size"]].drop_duplicates().itertuples(index=False)
    known = {tuple(pair): published_model(*pair) is not None for pair in pairs}
    keep = []
    for pair in zip(table["family"], table["size"], strict=True):
        if not known[pair]:
            skipped[f"{' '.join(map(str, pair))} is not in the registry"] += 1
        keep.append(known[pair])
    return table[keep]


def _of_known_metrics(table: pd.DataFrame, skipped: Counter[str]) -> pd.DataFrame:
    names = list(zip(table["metric_name"], table["normalisation"], strict=True))
    taken = published_series()
    ours = dict(taken.keys())
    for name, normalisation in names:
        if (name, normalisation) not in taken:
            reason = _why_not_taken(str(name), str(normalisation), ours)
            skipped[f"{name} ({normalisation}) is {reason}"] += 1
    return table[[name in taken for name in names]]


def _why_not_taken(name: str, normalisation: str, ours: Mapping[str, str]) -> str:
    """ours: metric of the table -> the normalisation in which it is taken."""
    if name not in ours:
        return "a metric not defined here"
    if normalisation not in NORMALISATIONS:
        return "in a normalisation that is not defined here"
    return f"{NORMALISATIONS[normalisation]}; {name} is taken as {ours[name]}"


NORMALISATIONS = {
    "raw": "the value itself, in nats or radians",
    "logN": "the raw value divided by log n",
    "logD": "the raw value divided by log d",
    "logNlogD": "the raw value divided by log n and log d",
    "maxEntropy": "the raw value divided by the smaller of log n and log d",
    "mi-lower-bound": "1 minus the raw value divided by log n",
}
"""What each normalisation of the table is: a multiple of the raw value, so that nothing is lost
by taking one. n is the number of texts, or of tokens for what is measured within a text."""


def published_series() -> dict[tuple[str, str], tuple[str, MetricId]]:
    """(name, normalisation) in the table -> our series, and its metric with what is known of it."""
    found = {}
    for metric in all_metrics():
        for series in metric.series:
            if series.published is None:
                continue
            stated = {"normalisation": series.published.normalisation}
            known = {name: value for name, value in stated.items() if name in metric.parameters}
            identity = MetricId.of(metric.name, metric.version, "published", known)
            found[series.published.name, series.published.normalisation] = series.name, identity
    return found


def _run(
    file: str, family: str, size: str, revision: str, dataset: str, split: str, n_layers: int
) -> RunRecord:
    named = published_model(family, size)
    assert named is not None
    spec = described_model(named.name)
    assert spec is not None
    task = TASK_OF.get(dataset, dataset)
    identity = {"import": "layer metrics", "model": spec.id, "pooling": named.pooling}
    identity |= {"revision": revision, "task": task, "split": split}
    return RunRecord(
        run_key=content_key(identity),
        model=spec.name,
        model_id=spec.id,
        revision=revision,
        family=spec.family,
        num_blocks=int(n_layers) - 1,
        hidden_size=spec.hidden_size or 0,
        num_parameters=spec.parameters,
        model_note=MAMBA_NOTE if spec.family == STATE_SPACE else _own_note(spec),
        task=task,
        task_revision="not stated",
        task_type="images" if dataset in IMAGES else _task_type(task),
        split=split,
        n=0,
        n_total=0,
        seed=0,
        max_length=0,
        pooling=named.pooling,
        dtype="",
        device="not stated",
        source=f"import: {file}",
        modality=spec.modality,
    )


def _own_note(spec: ModelSpec) -> str:
    """What must be said of a model that is known from the table alone; of others nothing here."""
    return spec.note if spec.id.startswith(PUBLISHED) else ""


def _task_type(task: str) -> str:
    known = known_task(task)
    return known.type if known else "texts"


def _values(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of metric_values; a missing number keeps its place, with the reason."""
    names = list(zip(table["metric_name"], table["normalisation"], strict=True))
    taken = published_series()
    series, ids = zip(*(taken[name] for name in names), strict=True)
    missing = table["value"].isna()
    return pd.DataFrame(
        {
            "run_key": table["run_key"],
            "metric": [one.metric for one in ids],
            "series": list(series),
            "version": [one.version for one in ids],
            "mode": [one.mode for one in ids],
            "parameters": [one.parameters for one in ids],
            "position": table["layer"].astype(float),
            "value": table["value"],
            "low": None,
            "high": None,
            "n": 0,
            "reason": missing.map({True: "missing in the imported table", False: None}),
        }
    )
