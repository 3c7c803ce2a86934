"""One MTEB result file: which model and layer it is about, and the main score of each subset.

Read without mteb, because files of every version since the first are to be understood.
"""

import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lrd_core.errors import InputError
from lrd_core.evaluation.published_names import published_model

MAX_BYTES = 8 * 1024 * 1024

_LAYER = re.compile(r"layer[_-]?(\d+)(?:_last)?")
_NO_NAME = frozenset(("", "no_model_name", "no_model_name_available", "no_model_name/available"))
_NO_REVISION = frozenset(("", "no_revision", "no_revision_available", "external"))

MAIN_SCORES: tuple[tuple[str, str], ...] = (
    ("accuracy", "classification"),
    ("v_measure", "clustering"),
    ("max_ap", "pair classification"),
    ("cosine_ap", "pair classification"),
    ("similarity_ap", "pair classification"),
    ("cosine_spearman", "sts"),
    ("ndcg_at_10", "retrieval"),
    ("map_at_1000", "reranking"),
    ("map", "reranking"),
)
"""Scores that are main scores, with the type of task they point to, the surest first."""

_OLD_GROUPS = {"cos_sim": "cosine", "dot": "dot", "max": "max"}
_NOT_SUBSETS = frozenset((*_OLD_GROUPS, "euclidean", "manhattan", "v_measures", "similarity"))


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


def read_result(path: Path) -> list[SubsetScore]:
    """The scores in a result file of any MTEB version.

    Raises: InputError with the reason why there are none.
    """
    if path.stat().st_size > MAX_BYTES:
        raise InputError("file is too large for a result")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError("file is not JSON") from error
    try:
        found = list(_scores_of(content, path.stem))
    except (AttributeError, TypeError, ArithmeticError) as error:
        raise InputError("file is no MTEB result") from error
    if not found:
        raise InputError("result has no main score")
    return found


def _scores_of(content: Any, stem: str) -> Iterator[SubsetScore]:
    if isinstance(content, dict) and isinstance(content.get("scores"), dict):
        return _new_format(content, stem)
    if isinstance(content, dict) and "mteb_dataset_name" in content:
        return _old_format(content)
    raise InputError("file is no MTEB result")


def find_origin(path: Path, root: Path) -> Origin:
    """Model, revision and layer of a result file, from the folders below `root` and model_meta.

    Understood: `.../layer_3/...` anywhere, MTEB's `<org__model>/<revision>/Task.json`, and Layer
    by Layer's `<family>/<size>/<revision>/mteb/layer_3/...`. A model_meta.json beside the file
    or above it goes first.
    Raises: InputError when no model is named.
    """
    folders = [root.name, *path.relative_to(root).parts[:-1]]
    layers = [int(found.group(1)) for found in map(_LAYER.fullmatch, folders) if found]
    layer = layers[-1] if layers else None
    meta = _model_meta(path, root)
    name, revision = str(meta.get("name") or ""), str(meta.get("revision") or "")
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
    return None


def _hub_id(name: str) -> str:
    return name if "/" in name else name.replace("__", "/", 1)


def _model_meta(path: Path, root: Path) -> dict[str, Any]:
    folder = path.parent
    while True:
        candidate = folder / "model_meta.json"
        if candidate.is_file():
            try:
                content = json.loads(candidate.read_text(encoding="utf-8"))
            except (ValueError, RecursionError):
                return {}
            return content if isinstance(content, dict) else {}
        if folder == root or folder == folder.parent:
            return {}
        folder = folder.parent


def _new_format(content: dict[str, Any], stem: str) -> Iterator[SubsetScore]:
    """{"task_name", "scores": {split: [{"hf_subset", "main_score", ...}]}}, since MTEB 1.11."""
    for split, subsets in content["scores"].items():
        for place, scores in enumerate(subsets):
            value = scores.get("main_score")
            if not isinstance(value, int | float) or not math.isfinite(value):
                continue
            metric, task_type = _which_main_score(scores, float(value))
            yield SubsetScore(
                task=str(content.get("task_name") or stem),
                task_revision=str(content.get("dataset_revision") or "not stated"),
                task_type=task_type,
                split=str(split),
                subset=str(scores.get("hf_subset", "default")),
                metric=metric,
                score=float(value),
                details=_details(content, place),
            )


def _old_format(content: dict[str, Any]) -> Iterator[SubsetScore]:
    """{"mteb_dataset_name", split: {scores} or {subset: {scores}}}, before MTEB 1.11."""
    splits = {name: value for name, value in content.items() if isinstance(value, dict)}
    for split, by_subset in splits.items():
        subsets = {
            name: value
            for name, value in by_subset.items()
            if isinstance(value, dict) and name not in _NOT_SUBSETS
        }
        for place, (subset, grouped) in enumerate((subsets or {"default": by_subset}).items()):
            scores = _flat(grouped)
            named = [(name, kind) for name, kind in MAIN_SCORES if _is_number(scores.get(name))]
            if named:
                yield SubsetScore(
                    task=str(content["mteb_dataset_name"]),
                    task_revision=str(content.get("dataset_revision") or "not stated"),
                    task_type=named[0][1],
                    split=split,
                    subset=subset,
                    metric=named[0][0],
                    score=float(scores[named[0][0]]),
                    details=_details(content, place),
                )


def _flat(scores: Mapping[str, Any]) -> dict[str, Any]:
    """{"cos_sim": {"ap": 1}} as {"cosine_ap": 1}."""
    flat = {name: value for name, value in scores.items() if not isinstance(value, dict)}
    for group, prefix in _OLD_GROUPS.items():
        inner = scores.get(group)
        if isinstance(inner, dict):
            flat |= {f"{prefix}_{name}": value for name, value in inner.items()}
    return flat


def _which_main_score(scores: Mapping[str, Any], value: float) -> tuple[str, str]:
    """The name behind `main_score`, and the type of task it points to."""
    for name, kind in MAIN_SCORES:
        if _is_number(scores.get(name)) and math.isclose(scores[name], value, rel_tol=1e-9):
            return name, kind
    equal = [name for name, other in scores.items() if name != "main_score" and other == value]
    return (sorted(equal)[0] if equal else "main_score"), ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _details(content: Mapping[str, Any], place: int) -> dict[str, Any]:
    return {
        "mteb_version": str(content.get("mteb_version") or "not stated"),
        "first_subset": place == 0,
    }
