"""One MTEB result file: which model and layer it is about, and the main score of each subset.

Read without mteb, because files of every version since the first are to be understood.
"""

import itertools
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrd_core.errors import InputError
from lrd_core.evaluation.mteb_index import MtebFacts, mteb_facts
from lrd_core.evaluation.published_names import published_model
from lrd_core.models.specs import known_model
from lrd_core.tasks.tabular import has_half_character

MAX_BYTES = 8 * 1024 * 1024

_LAYER = re.compile(r"layer[_-]?(\d+)(?:_last)?")
_NO_NAME = frozenset(("", "no_model_name", "no_model_name_available", "no_model_name/available"))
_NO_REVISION = frozenset(("", "no_revision", "no_revision_available", "external"))

USUAL_MAIN_SCORES = (
    *("accuracy", "v_measure", "max_ap", "cosine_ap", "similarity_ap", "cosine_spearman"),
    *("ndcg_at_10", "map_at_1000", "map"),
)
"""Names for the number that a file calls main_score, the likeliest first, where the task is
unknown and several scores have that number."""

_BEFORE = {"map_at_1000": "map"}
"""Main score -> its name in files from before reranking was a kind of retrieval."""

_OLD_GROUPS = {
    "cos_sim": "cosine",
    **{name: name for name in ("manhattan", "euclidean", "dot", "max", "similarity")},
}
_NOT_SUBSETS = frozenset((*_OLD_GROUPS, "v_measures"))
_FRENCH_ALONE = frozenset(("1.1.2.dev0", "1.1.3.dev0"))


@dataclass(frozen=True)
class Origin:
    """What a result is about, as far as folder names and model_meta.json say it."""

    model: str
    revision: str
    layer: int | None
    pooling: str = ""


@dataclass(frozen=True)
class SubsetScore:
    """The main score of one subset; `task_type` is empty where the file does not give it away."""

    task: str
    task_revision: str
    task_type: str
    split: str
    subset: str
    metric: str
    score: float
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ResultFile:
    """What one file holds. left_out: reason -> number of subsets."""

    scores: list[SubsetScore]
    left_out: Mapping[str, int]


def read_result(path: Path) -> ResultFile:
    """The scores in a result file of any MTEB version, as mteb's own reader gives them.

    Raises: InputError with the reason why there are none.
    """
    left_out: Counter[str] = Counter()
    try:
        found = list(_scores_of(_read_json(path), path.stem, left_out))
    except (AttributeError, TypeError, ArithmeticError) as error:
        raise InputError("file is no MTEB result") from error
    if not found:
        raise InputError(next(iter(left_out), "result has no main score"))
    return ResultFile(found, left_out)


def _read_json(path: Path) -> Any:
    try:
        if not path.is_file():
            raise InputError("file is no plain file")
        if path.stat().st_size > MAX_BYTES:
            raise InputError("file is too large for a result")
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("file is not JSON") from error
    except OSError as error:
        raise InputError(f"file cannot be read ({error.strerror})") from error
    if has_half_character(text, content):
        raise InputError("file holds half of a character (a lone surrogate)")
    return content


def _scores_of(content: Any, stem: str, left_out: Counter[str]) -> Iterator[SubsetScore]:
    if isinstance(content, dict) and isinstance(content.get("scores"), dict):
        return _new_format(content, stem, left_out)
    if isinstance(content, dict) and "mteb_dataset_name" in content:
        return _old_format(content, left_out)
    raise InputError("file is no MTEB result")


def find_origin(path: Path, root: Path) -> Origin:
    """Model, revision and layer of a result file, from the folders below `root` and model_meta.

    Understood: `.../layer_3/...` anywhere, MTEB's `<org__model>/<revision>/Task.json`, as in the
    public results repository, the same with the plain name of a registered model, and Layer by
    Layer's `<family>/<size>/<revision>/mteb/layer_3/...`. A model_meta.json beside the file
    or above it goes first.
    Raises: InputError when no model is named.
    """
    folders = [root.name, *path.relative_to(root).parts[:-1]]
    layers = [int(found.group(1)) for found in map(_LAYER.fullmatch, folders) if found]
    layer = layers[-1] if layers else None
    meta = _model_meta(path, root)
    name, revision = str(meta.get("name") or ""), str(meta.get("revision") or "")
    told = meta.get("experiment_kwargs")
    if layer is None and isinstance(told, dict) and isinstance(told.get("layer"), int):
        layer = told["layer"]
    of_layer = _LAYER.fullmatch(revision)
    if of_layer:
        layer, revision = int(of_layer.group(1)), ""
    origin = _origin_of_folders(folders, layer)
    if name not in _NO_NAME:
        revision = "" if revision in _NO_REVISION else revision
        return Origin(_hub_id(name), revision or (origin.revision if origin else ""), layer)
    if origin is None:
        raise InputError("no model is named by the folders or a model_meta.json")
    return origin


def _origin_of_folders(folders: list[str], layer: int | None) -> Origin | None:
    """Model and revision from folder names alone; None when they name no model."""
    for place, (family, size) in enumerate(itertools.pairwise(folders)):
        named = published_model(family, size)
        if named is not None:
            after = [name for name in folders[place + 2 : place + 3] if not _LAYER.fullmatch(name)]
            revision = after[0] if after and after[0] != "mteb" else ""
            return Origin(named.name, revision, layer, named.pooling)
    plain = [name for name in folders if not _LAYER.fullmatch(name) and name != "experiments"]
    for place, name in enumerate(plain):
        if "__" in name and name not in _NO_NAME:
            revision = plain[place + 1] if place + 1 < len(plain) else ""
            return Origin(_hub_id(name), "" if revision in _NO_REVISION else revision, layer)
    for place, name in enumerate(plain):
        # Old entries of the public results repository leave the organisation out.
        if known_model(name) is not None:
            revision = plain[place + 1] if place + 1 < len(plain) else ""
            return Origin(name, "" if revision in _NO_REVISION else revision, layer)
    return None


def _hub_id(name: str) -> str:
    return name if "/" in name else name.replace("__", "/", 1)


def _model_meta(path: Path, root: Path) -> dict[str, Any]:
    folder = path.parent
    while True:
        candidate = folder / "model_meta.json"
        if candidate.is_file():
            try:
                content = _read_json(candidate)
            except InputError:
                return {}
            return content if isinstance(content, dict) else {}
        if folder == root or folder == folder.parent:
            return {}
        folder = folder.parent


def _new_format(
    content: dict[str, Any], stem: str, left_out: Counter[str]
) -> Iterator[SubsetScore]:
    """{"task_name", "scores": {split: [{"hf_subset", "main_score", ...}]}}, since MTEB 1.11."""
    task = str(content.get("task_name") or stem)
    facts = mteb_facts(task)
    for split, subsets in content["scores"].items():
        for place, scores in enumerate(subsets):
            if not _is_number(scores.get("main_score")):
                left_out["result has no main score"] += 1
                continue
            yield SubsetScore(
                task=task,
                split=str(split),
                subset=str(scores.get("hf_subset", "default")),
                metric=_name_of(scores, facts),
                score=float(scores["main_score"]),
                **_of_file(content, facts, place),
            )


def _old_format(content: dict[str, Any], left_out: Counter[str]) -> Iterator[SubsetScore]:
    """{"mteb_dataset_name", split: {scores} or {subset: {scores}}}, before MTEB 1.11."""
    named = str(content["mteb_dataset_name"])
    facts = mteb_facts(named)
    splits = {name: value for name, value in content.items() if isinstance(value, dict)}
    for split, by_subset in splits.items():
        subsets = {
            name: value
            for name, value in by_subset.items()
            if isinstance(value, dict) and name not in _NOT_SUBSETS
        }
        for place, (subset, grouped) in enumerate((subsets or {"default": by_subset}).items()):
            scores = _flat(grouped)
            main = _old_main_score(scores, facts)
            if main is None:
                left_out[_why_none(named, facts)] += 1
                continue
            yield SubsetScore(
                task=facts.name if facts else named,
                split=split,
                subset=_own_subset(facts, split, subset, content),
                metric=main,
                score=float(scores[main if main in scores else "main_score"]),
                **_of_file(content, facts, place),
            )


def _flat(scores: Mapping[str, Any]) -> dict[str, Any]:
    """{"cos_sim": {"ap": 1}} as {"cosine_ap": 1}."""
    flat = {name: value for name, value in scores.items() if not isinstance(value, dict)}
    for group, prefix in _OLD_GROUPS.items():
        inner = scores.get(group)
        if isinstance(inner, dict):
            flat |= {f"{prefix}_{name}": value for name, value in inner.items()}
    return flat


def _old_main_score(scores: Mapping[str, Any], facts: MtebFacts | None) -> str | None:
    """The name of the file's own main score; else of the one that MTEB names for its task."""
    if _is_number(scores.get("main_score")):
        return _name_of(scores, facts)
    if facts is None or "main_score" in scores:
        return None
    names = (facts.main_score, _BEFORE.get(facts.main_score, ""))
    return next((name for name in names if _is_number(scores.get(name))), None)


def _why_none(task: str, facts: MtebFacts | None) -> str:
    if facts is None:
        return f"{task[:60]!r} is no task of MTEB and its file names no main score"
    return f"result has no main score ({facts.main_score} of {task[:60]})"


def _own_subset(
    facts: MtebFacts | None, split: str, subset: str, content: Mapping[str, Any]
) -> str:
    """The subset's present name: two tasks had French alone, one called it otherwise."""
    task = facts.name if facts and split == "test" else ""
    if task == "XPQARetrieval" and subset == "fr":
        return "fra-fra"
    alone = task.startswith("MLSUMClustering") and subset == "default"
    return "fr" if alone and content.get("mteb_version") in _FRENCH_ALONE else subset


def _name_of(scores: Mapping[str, Any], facts: MtebFacts | None) -> str:
    """The name of the score that `main_score` repeats; "main_score" where none has its value."""
    value = scores["main_score"]
    equal = {
        name
        for name, other in scores.items()
        if name != "main_score" and _is_number(other) and math.isclose(other, value, rel_tol=1e-9)
    }
    likely = (facts.main_score, *USUAL_MAIN_SCORES) if facts else USUAL_MAIN_SCORES
    return next((name for name in (*likely, *sorted(equal)) if name in equal), "main_score")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _of_file(content: Mapping[str, Any], facts: MtebFacts | None, place: int) -> dict[str, Any]:
    """What a score has from its file: revision, the task's type in MTEB's words, details."""
    return {
        "task_revision": str(content.get("dataset_revision") or "not stated"),
        "task_type": facts.type if facts else "",
        "details": {
            "mteb_version": str(content.get("mteb_version") or "not stated"),
            "first_subset": place == 0,
        },
    }
