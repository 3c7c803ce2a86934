"""Rows of the store from what a trial measured."""

from typing import Any

from lrd_core.pruning.latency import LatencyResult
from lrd_core.pruning.plan import Plan
from lrd_core.pruning.subject import Subject
from lrd_core.pruning.variants import Removed
from lrd_core.store.keys import canonical_json
from lrd_core.store.latencies import LatencyRow
from lrd_core.store.trials import FULL, TrialRow

Measured = dict[str, Any]


def full_plan(subject: Subject) -> Plan:
    """The plan that removes nothing: under it the full model's own scores are stored."""
    count = subject.loaded.num_blocks
    return Plan(subject.loaded.spec.name, FULL, count, 0, (), (), (), (None,) * count)


def trial_row(
    subject: Subject, plan: Plan, measured: Measured, full: Measured, calibration: str | None
) -> TrialRow:
    """What the store keeps of one plan on one task.

    measured, full: score, score_name, n and, for a language model, perplexity and so on; of the
    full model also score_full_again, its second run.
    """
    loaded, spec = subject.loaded, subject.content.spec
    guided = any(value is not None for value in plan.score) and plan.seed is None
    details = {"notes": plan.notes, "candidates": plan.candidates}
    if guided:
        details["score"] = plan.score
    gone = ".".join(map(str, plan.removed))
    return TrialRow(
        **subject.identity,
        model=loaded.spec.name,
        variant=f"{loaded.spec.name}-minus-{gone}" if gone else loaded.spec.name,
        family=loaded.spec.family,
        num_blocks=plan.num_blocks,
        task_type=spec.type,
        n=int(measured["n"]),
        rule=plan.rule,
        selection=plan.selection,
        indexing=plan.indexing,
        protect=plan.protect,
        m=plan.m,
        removed=plan.removed,
        score_name=measured["score_name"],
        score=float(measured["score"]),
        score_full=float(full["score"]),
        score_full_again=float(full["score_full_again"]),
        change=100 * (float(measured["score"]) - float(full["score"])),
        budget=plan.budget,
        seed=plan.seed,
        perplexity=measured.get("perplexity"),
        perplexity_full=measured.get("perplexity_full"),
        agreement=measured.get("agreement"),
        divergence=measured.get("divergence"),
        # The comparison's, also where this rule read none of it: stored keys hold it so.
        calibration_key=calibration if guided else None,
        details=canonical_json(details),
    )


def latency_row(
    subject: Subject, removed: Removed, dtype: str, result: LatencyResult
) -> LatencyRow:
    """What the store keeps of one timed pair of models."""
    loaded, full, pruned = subject.loaded, result.full, result.pruned
    return LatencyRow(
        model=loaded.spec.name,
        model_id=loaded.spec.id,
        revision=loaded.revision,
        num_blocks=loaded.num_blocks,
        m=len(removed),
        removed=removed,
        device=result.device,
        dtype=dtype,
        threads=result.threads,
        batch=result.batch,
        length=result.length,
        speedup=result.speedup,
        full_ms=full.forward.milliseconds,
        pruned_ms=pruned.forward.milliseconds,
        full_end_to_end_ms=full.end_to_end.milliseconds,
        pruned_end_to_end_ms=pruned.end_to_end.milliseconds,
        parameters_full=full.parameters,
        parameters_pruned=pruned.parameters,
        file_bytes_full=full.file_bytes,
        file_bytes_pruned=pruned.file_bytes,
        peak_memory_full=full.peak_memory,
        peak_memory_pruned=pruned.peak_memory,
    )
