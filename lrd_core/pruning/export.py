"""Write a pruned model as a folder that transformers and, of texts, sentence-transformers load."""

import json
import math
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.extraction.blocks import block_path
from lrd_core.extraction.tail import check_tail
from lrd_core.models.load import LoadedModel
from lrd_core.models.loading import USUAL, Loading
from lrd_core.models.specs import is_hub_id
from lrd_core.progress import Progress, silent
from lrd_core.pruning.config_cut import block_config, per_layer_lists
from lrd_core.pruning.export_modules import save_tokenizer, write_modules
from lrd_core.pruning.exportable import check_exportable
from lrd_core.pruning.guided import make_guided_plans
from lrd_core.pruning.item_folder import write_item_model
from lrd_core.pruning.plan import Plan
from lrd_core.pruning.settings import TrialSettings, check_one_plan
from lrd_core.pruning.subject import Subject, load_subject, with_own_length
from lrd_core.pruning.surgery import count_parameters, prune
from lrd_core.store import connect
from lrd_core.store.sources import TRUSTED
from lrd_core.store.trials import read_trials
from lrd_core.version import __version__

RECIPE = "mergekit.yaml"
RECORD = "pruning.json"
MEASURED = (
    *("score", "score_name", "score_full", "score_full_again", "n", "device"),
    *("perplexity", "perplexity_full", "agreement", "divergence"),
)


def check_target(folder: Path) -> None:
    """Raises: InputError for a place that no model can be written to."""
    try:
        free = not folder.exists() or not any(folder.iterdir())
    except OSError as error:
        raise InputError(
            f"{str(folder)[:200]} is no folder that can be written to ({error.strerror}); "
            "name one that is not there yet"
        ) from error
    if not free:
        raise InputError(f"{folder} exists and is not empty; name a folder that is not there yet")


def export_pruned(
    loaded: LoadedModel,
    plan: Plan,
    folder: Path,
    *,
    normalise: bool,
    causal: LoadedModel | None = None,
    record: Mapping[str, Any] | None = None,
) -> Path:
    """Write weights, tokenizer, the parent's own modules, `pruning.json` and a mergekit recipe.

    Of a model of pictures or sound weights, the settings that items go through and
    `pruning.json`: mergekit takes no such models.

    causal: the same model with its language-model head, which is then written too. record: added
    to pruning.json (calibration hash, measured change). The folder appears when it is complete.

    Raises: InputError when the folder exists and is not empty; PruningError as `prune`, and for a
        part of a model that would not load alone; ModelRefusedError where the parent's modules
        have pickled weights.
    """
    check_tail(loaded.pipeline)
    check_target(folder)
    subject = causal or loaded
    of_texts = loaded.modality == "text"
    if of_texts:
        check_exportable(subject.model)
    pruned: Any = prune(subject.model, plan.removed)
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        if of_texts:
            pruned.save_pretrained(partial)
            save_tokenizer(partial, loaded)
            write_modules(partial, loaded, normalise)
            (partial / RECIPE).write_text(mergekit_recipe(loaded, plan), encoding="utf-8")
        else:
            write_item_model(partial, loaded, pruned)
        written = _record(loaded, plan, pruned, block_path(subject.model), record or {})
        (partial / RECORD).write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return folder


def mergekit_recipe(loaded: LoadedModel, plan: Plan) -> str:
    """A passthrough merge that keeps the same blocks; ranges are half open, as mergekit's.

    Comment lines say what mergekit does not do for this model.
    """
    known = is_hub_id(loaded.spec.id)
    source = loaded.spec.id if known else loaded.spec.name
    lines = [] if known else [f"# {source} is no hub id: put the parent model's folder at model:"]
    path = block_path(loaded.model)
    governing = block_config(loaded.model, path)
    if type(governing) is not type(loaded.model.config):
        lines += [
            f"# layer_range counts the blocks of {path}; the other parts of the model stay whole.",
            "# A mergekit that does not know this architecture takes no such model.",
        ]
    stale = per_layer_lists(governing, plan.num_blocks)
    if stale:
        lines += [
            f"# mergekit leaves {', '.join(stale)} of config.json as they are: blocks would take",
            "# the types of others. Copy them from the config.json in this folder.",
        ]
    lines += ["merge_method: passthrough", "slices:"]
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


def measured_record(subject: Subject, plan: Plan, config: Config) -> dict[str, Any]:
    """What goes into pruning.json beside the plan: task, calibration, what a trial measured.

    The newest trial of these blocks counts, on whichever device it was scored.
    """
    identity = {name: value for name, value in subject.identity.items() if name != "device"}
    with connect(config, read_only=True) as connection:
        trials = read_trials(connection, **identity, source=TRUSTED)
    record: dict[str, Any] = {
        "task": f"{identity['task']}@{identity['task_revision']}",
        "calibration": plan.calibration,
    }
    same = trials[[removed == plan.removed for removed in trials["removed"]]]
    if not same.empty:
        newest = same.sort_values("created_at", kind="stable").iloc[-1]
        record["measured"] = {name: _plain(newest[name]) for name in MEASURED} | {
            "change_points": float(newest["change"]),
            "settings": json.loads(identity["settings"]),
        }
    return record


def export_only_plan(
    model: str,
    task: str,
    settings: TrialSettings,
    folder: Path,
    config: Config,
    *,
    loading: Loading = USUAL,
    progress: Progress = silent,
) -> Path:
    """Plan as a trial would and write the model of the one plan that these settings give.

    Raises: InputError as `check_one_plan`.
    """
    check_one_plan(settings)
    subject = load_subject(model, task, settings, config, loading=loading, progress=progress)
    (plan,), _ = make_guided_plans(subject, config, progress)
    return export_pruned(
        with_own_length(subject.loaded),
        plan,
        folder,
        normalise=subject.normalise,
        causal=subject.causal,
        record=measured_record(subject, plan, config),
    )


def _plain(value: Any) -> Any:
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain


def _scored(loaded: LoadedModel) -> str:
    """What a trial's scores are scores of: a tail is exported, but takes no part in them."""
    scaled = ", scaled to length 1" if loaded.pipeline.normalises else ""
    left_out = loaded.pipeline.tail_note("none")
    return f"pooled states{scaled}" + (f"; {left_out}" if left_out else "")


def _record(
    loaded: LoadedModel, plan: Plan, pruned: Any, path: str, more: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "parent": {"name": loaded.spec.name, "id": loaded.spec.id, "revision": loaded.revision},
        "parent_note": loaded.spec.note,
        "licence": loaded.spec.licence,
        "removed_blocks": list(plan.removed),
        "kept_blocks": list(plan.kept),
        "num_blocks": {"before": plan.num_blocks, "after": len(plan.kept)},
        "block_list": path,
        "rule": plan.rule,
        "settings": plan.settings,
        "notes": list(plan.notes),
        "parameters": count_parameters(pruned),
        "dtype": str(loaded.dtype).removeprefix("torch."),
        "pooling": loaded.pooling,
        "tail": loaded.pipeline.tail_label,
        "scores_are_of": _scored(loaded),
        "max_length": loaded.max_length,
        "made_by": f"LRD Explorer {__version__}",
    } | dict(more)


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
