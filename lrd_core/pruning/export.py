"""Write a pruned model as a folder that transformers and sentence-transformers load."""

import copy
import json
import re
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from lrd_core import __version__
from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.extraction.blocks import block_path
from lrd_core.models.load import LoadedModel
from lrd_core.models.specs import is_hub_id
from lrd_core.progress import Progress, silent
from lrd_core.pruning.comparison import TrialSettings
from lrd_core.pruning.plan import Plan
from lrd_core.pruning.subject import (
    Subject,
    calibration_key,
    load_subject,
    with_own_length,
)
from lrd_core.pruning.surgery import count_parameters, prune
from lrd_core.pruning.trial import make_guided_plans
from lrd_core.store import connect
from lrd_core.store.trials import scored_variants

RECIPE = "mergekit.yaml"
RECORD = "pruning.json"


def export_pruned(
    loaded: LoadedModel,
    plan: Plan,
    folder: Path,
    *,
    normalise: bool,
    causal: LoadedModel | None = None,
    record: Mapping[str, Any] | None = None,
) -> Path:
    """Write weights, tokenizer, pooling, `pruning.json` and a mergekit recipe.

    causal: the same model with its language-model head, which is then written too. record: added
    to pruning.json (calibration hash, measured change). The folder appears when it is complete.

    Raises: InputError when the folder exists and is not empty; PruningError as `prune`.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} exists and is not empty; name a folder that is not there yet")
    subject = causal or loaded
    pruned: Any = prune(subject.model, plan.removed)
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        pruned.save_pretrained(partial)
        tokenizer = copy.deepcopy(loaded.tokenizer)
        # Where sentence-transformers looks for the length that texts are cut at.
        tokenizer.model_max_length = loaded.max_length
        tokenizer.save_pretrained(partial)
        _write_sentence_modules(partial, loaded, normalise)
        written = _record(loaded, plan, pruned, record or {})
        (partial / RECORD).write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
        (partial / RECIPE).write_text(mergekit_recipe(loaded, plan), encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return folder


def mergekit_recipe(loaded: LoadedModel, plan: Plan) -> str:
    """A passthrough merge that keeps the same blocks; ranges are half open, as mergekit's."""
    source = loaded.spec.id if is_hub_id(loaded.spec.id) else loaded.spec.name
    lines = ["merge_method: passthrough", "slices:"]
    for start, stop in kept_ranges(plan):
        lines += [
            "  - sources:",
            f"      - model: {json.dumps(source)}",
            f"        layer_range: [{start}, {stop}]",
        ]
    lines += [f"dtype: {str(loaded.dtype).removeprefix('torch.')}"]
    return "\n".join(lines) + "\n"


def kept_ranges(plan: Plan) -> list[tuple[int, int]]:
    """Runs of kept blocks as half-open ranges, ascending."""
    ranges: list[tuple[int, int]] = []
    for block in plan.kept:
        if ranges and ranges[-1][1] == block:
            ranges[-1] = (ranges[-1][0], block + 1)
        else:
            ranges.append((block, block + 1))
    return ranges


def export_folder(config: Config, name: str) -> Path:
    """The folder of this name among the exports.

    Raises: InputError for a name that is more than one plain folder name.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}", name):
        raise InputError(f"{name!r} is no folder name; use letters, digits, dots and dashes")
    return config.exports_dir / name


def measured_record(
    subject: Subject, plan: Plan, config: Config, calibration: str | None = None
) -> dict[str, Any]:
    """What goes into pruning.json beside the plan: task, calibration, what a trial measured."""
    with connect(config, read_only=True) as connection:
        known = scored_variants(connection, subject.identity)
    record: dict[str, Any] = {
        "task": f"{subject.identity['task']}@{subject.identity['task_revision']}",
        "calibration": calibration or calibration_key(subject),
    }
    if plan.removed in known:
        measured = known[plan.removed]
        change = 100 * (measured["score"] - measured["score_full"])
        record["measured"] = measured | {
            "change_points": change,
            "settings": json.loads(subject.identity["settings"]),
        }
    return record


def export_first_plan(
    model: str,
    task: str,
    settings: TrialSettings,
    folder: Path,
    config: Config,
    *,
    device: str = "auto",
    allow_code: Collection[str] = (),
    progress: Progress = silent,
) -> Path:
    """Plan as a trial would and write the model of the first rule and budget."""
    subject = load_subject(
        model, task, settings, config, device=device, allow_code=allow_code, progress=progress
    )
    plans, calibration = make_guided_plans(subject, config, progress)
    return export_pruned(
        with_own_length(subject.loaded, config), plans[0], folder,
        normalise=subject.normalise, causal=subject.causal,
        record=measured_record(subject, plans[0], config, calibration),
    )  # fmt: skip


def _record(
    loaded: LoadedModel, plan: Plan, pruned: Any, more: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "parent": {"name": loaded.spec.name, "id": loaded.spec.id, "revision": loaded.revision},
        "parent_note": loaded.spec.note,
        "licence": loaded.spec.licence,
        "removed_blocks": list(plan.removed),
        "kept_blocks": list(plan.kept),
        "num_blocks": {"before": plan.num_blocks, "after": len(plan.kept)},
        "block_list": block_path(pruned),
        "rule": plan.rule,
        "settings": plan.settings,
        "notes": list(plan.notes),
        "parameters": count_parameters(pruned),
        "dtype": str(loaded.dtype).removeprefix("torch."),
        "pooling": loaded.pooling,
        "max_length": loaded.max_length,
        "made_by": f"LRD Explorer {__version__}",
    } | dict(more)


def _write_sentence_modules(folder: Path, loaded: LoadedModel, normalise: bool) -> None:
    """Transformer, Pooling and Normalize, as sentence-transformers' own save writes them."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules

    transformer = modules.Transformer(str(folder), max_seq_length=loaded.max_length)
    pipeline: list[Any] = [
        transformer,
        modules.Pooling(loaded.hidden_size, pooling_mode=loaded.pooling),
    ]
    if normalise:
        pipeline.append(modules.Normalize())
    written = folder.with_name(folder.name + ".modules")
    SentenceTransformer(modules=pipeline, device="cpu").save(str(written), create_model_card=False)
    try:
        for path in written.iterdir():
            # The weights and configuration that transformers wrote hold the head as well.
            if not (folder / path.name).exists():
                path.rename(folder / path.name)
    finally:
        with suppress(OSError):
            shutil.rmtree(written)


def with_parent(loaded: LoadedModel, pruned: Any, plan: Plan) -> LoadedModel:
    """The pruned model as a loaded model of its own name, for extraction and scoring."""
    gone = "-".join(map(str, plan.removed))
    name = f"{loaded.spec.name}-minus-{gone}"
    return replace(
        loaded,
        spec=replace(loaded.spec, name=name, id=f"{loaded.spec.id}-minus-{gone}"),
        model=pruned,
        revision=f"{loaded.revision}-minus-{gone}",
        num_blocks=len(plan.kept),
    )
