"""Plans before anything runs: which blocks each rule would remove, as far as the store can tell.

Imports no torch: planning needs only stored calibrations, everything else is a job.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.models.specs import known_model
from lrd_core.numbers import counted
from lrd_core.pruning.comparison import guided_plans
from lrd_core.pruning.known_types import NOT_CHECKED, fixed_before_loading
from lrd_core.pruning.plan import Plan
from lrd_core.pruning.profile import Profile, spare_series
from lrd_core.pruning.rules import find_rule
from lrd_core.pruning.settings import TrialSettings, needed_quantities
from lrd_core.store.calibrations import CALIBRATIONS
from lrd_core.store.connection import connect
from lrd_core.store.metric_values import read_profiles
from lrd_core.store.reading import read_table
from lrd_core.views.coverage import is_plain
from lrd_core.views.item_words import item_noun
from lrd_core.views.pruning import block_count


@dataclass(frozen=True)
class Preview:
    """Plans made from what the store holds.

    missing: rules that need a calibration first. fixed: blocks that this model cannot lose, as
    its calibration found or, without one, as far as its config.json tells.
    """

    plans: tuple[Plan, ...]
    missing: tuple[str, ...]
    num_blocks: int
    fixed: Mapping[int, str]


@dataclass(frozen=True)
class Basis:
    """What a plan is read from. key: of the calibration, None for a run of the metrics."""

    profile: Profile
    words: str
    key: str | None = None


def plan_preview(config: Config, model: str, task: str, settings: TrialSettings) -> Preview:
    """The plans that a trial with these settings would try, as far as the store can tell.

    Rules whose quantities are not stored for this model are named in `missing`. Greedy and
    exhaustive selection ask the model itself, so that their plans are known after the trial.
    Each plan names in its notes what it was read from and what was not checked.
    Raises: PruningError when the number of blocks is not known or nothing can go.
    """
    basis = stored_basis(config, model, task, settings)
    num_blocks = len(basis.profile.blocks) if basis else block_count(config, model)
    told = basis.profile.fixed if basis else None
    fixed = fixed_before_loading(config, model) if told is None else told
    plans: list[Plan] = []
    missing: list[str] = []
    for rule in settings.rules:
        alone = _only(settings, rule)
        needed = needed_quantities(alone)
        if _asks_the_model(settings, rule) or not _holds(basis, needed):
            missing.append(rule)
            continue
        read = basis if needed else None
        profile, key = (read.profile, read.key) if read else (None, None)
        made = guided_plans(model, num_blocks, alone, profile, fixed or {}, calibration=key)
        plans += [_noted(plan, read.words if read else "") for plan in made]
    if settings.removed:
        plans += guided_plans(model, num_blocks, _only(settings, None), None, fixed or {})
    if fixed is None:
        plans = [_noted(plan, NOT_CHECKED) for plan in plans]
    return Preview(tuple(plans), tuple(missing), num_blocks, fixed or {})


def _asks_the_model(settings: TrialSettings, rule: str) -> bool:
    selection = settings.selection or find_rule(rule).selection
    return selection in ("greedy", "exhaustive") or find_rule(rule).oracle


def _holds(basis: Basis | None, needed: Collection[str]) -> bool:
    return all(basis is not None and name in basis.profile.measured for name in needed)


def _noted(plan: Plan, note: str) -> Plan:
    return replace(plan, notes=(*plan.notes, note)) if note else plan


def stored_basis(config: Config, model: str, task: str, settings: TrialSettings) -> Basis | None:
    """The stored calibration nearest to these settings: the task first, then how it was made.

    Its words say where a trial would calibrate otherwise. Without one, the profiles of an
    ordinary run of the metrics serve the rules that read those.
    """
    with connect(config, read_only=True) as connection:
        rows = read_table(connection, CALIBRATIONS, model=model)
        if rows.empty:
            return _from_runs(connection, model, task)
    spec = known_model(model)
    asked = {
        "max_length": settings.max_length,
        "dtype": None if settings.dtype == "auto" else settings.dtype,
        "pooling": spec.pooling if spec else None,
    }
    differences = [_differences(json.loads(text), asked) for text in rows["settings"]]
    rows = rows.assign(
        same_task=rows["task"] == task,
        same_settings=[not found for found in differences],
        same_n=rows["n"] == settings.calibration_n,
        same_seed=rows["seed"] == settings.seed,
        differences=differences,
    ).sort_values(["same_task", "same_settings", "same_n", "same_seed", "created_at"])
    chosen = rows.iloc[-1]
    where = "" if chosen["same_task"] else ", another task"
    read = counted(chosen["n"], item_noun(model))
    words = [f"calibrated on {read} of {chosen['task']}{where}"]
    words += chosen["differences"]
    if rows["revision"].nunique() > 1:
        words.append(f"revision {chosen['revision']} of {rows['revision'].nunique()} calibrated")
    profile = Profile.from_json(json.loads(chosen["profile"]))
    return Basis(profile, "; ".join(words), chosen["calibration_key"])


def _differences(made: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """One sentence for each setting that a trial is known to have otherwise."""
    return [
        f"calibrated with {name} {made[name]}, a trial with {wanted} may choose otherwise"
        for name, wanted in asked.items()
        if wanted is not None and name in made and made[name] != wanted
    ]


def _only(settings: TrialSettings, rule: str | None) -> TrialSettings:
    chosen = settings.to_json() | {"rules": [rule] if rule else []}
    if rule:
        chosen["removed"] = []
    return TrialSettings.from_json(chosen)


def _from_runs(connection: Any, model: str, task: str) -> Basis | None:
    wanted = [series.name for series in spare_series()]
    rows = read_profiles(connection, model=model, task=task, series=wanted)
    rows = rows[is_plain(rows) & (rows["mode"] == "exact")]
    if rows.empty:
        return None
    key = rows["run_key"].iloc[-1]
    chosen = rows[rows["run_key"] == key].sort_values("position")
    num_blocks = int(chosen["num_blocks"].iloc[0])
    values = {
        series: part["value"].to_numpy(dtype=np.float64)
        for series, part in chosen.groupby("series")
    }
    try:
        profile = Profile(tuple(range(num_blocks)), values)
    except InputError:
        return None
    read = counted(chosen["n"].iloc[0], item_noun(model))
    return Basis(profile, f"profiles of the run on {read} of {task}")
