"""Computes the bundled results and writes them; what the store has already is not done again."""

from collections.abc import Callable, Sequence
from pathlib import Path

from lrd_core.config import Config
from lrd_core.demo import recipe
from lrd_core.errors import InputError
from lrd_core.evaluation.execute import execute_scores
from lrd_core.models.packs import fetched_packs
from lrd_core.models.specs import find_model
from lrd_core.progress import Progress
from lrd_core.projection.work import compare_runs, project_run
from lrd_core.runs.enough import measure_subsamples
from lrd_core.runs.execute import execute_run
from lrd_core.runs.items import bundled_items, keep_items
from lrd_core.runs.token_maps import read_token_maps
from lrd_core.store.bundle import SMALL, add_bundle, bundled_rows, export_bundle
from lrd_core.store.neighbours import NEIGHBOURS
from lrd_core.store.runs import RUNS
from lrd_core.store.snapshot import snapshot
from lrd_core.store.sources import TRUSTED

STAGES = ("runs", "scores", "samples", "tokens", "maps", "write")

Say = Callable[[str], None]


def build(
    config: Config, models: Sequence[str], stages: Sequence[str], *, progress: Progress, say: Say
) -> Path:
    """Compute the recipe for `models` and write the bundle; resumes where it was stopped.

    What is bundled of other models stays.

    Raises: InputError naming the packs that are not fetched yet.
    """
    _require_packs(config, models)
    keys: dict[str, list[str]] = {}
    for model in models:
        keys[model] = _runs(config, model, progress, say)
        if "scores" in stages:
            _scores(config, model, progress, say)
    if "samples" in stages:
        _samples(config, keys, progress, say)
    if "tokens" in stages:
        _tokens(config, keys, progress, say)
    if "maps" in stages:
        _maps(config, keys, progress, say)
    if "write" in stages:
        return _write(config, keys, say)
    return config.database


def _runs(config: Config, model: str, progress: Progress, say: Say) -> list[str]:
    keys = []
    for request in recipe.requests(model):
        report = execute_run(request, config=config, progress=progress)
        keys.append(report.run_key)
        if report.computed:
            say(f"{model} on {report.task}: {', '.join(report.computed)}, {report.seconds:.0f} s")
    return keys


def _scores(config: Config, model: str, progress: Progress, say: Say) -> None:
    for task in recipe.scored_tasks(model):
        report = execute_scores(
            model, task, recipe.settings(model, task), config=config, progress=progress
        )
        if report.computed:
            say(f"{model} on {task}: {len(report.computed)} layers scored, {report.seconds:.0f} s")


def _samples(config: Config, keys: dict[str, list[str]], progress: Progress, say: Say) -> None:
    for model, found in keys.items():
        report = measure_subsamples(config, found[0], progress=progress)
        say(f"{model}: {len(report.computed)} metrics on subsamples")


def _tokens(config: Config, keys: dict[str, list[str]], progress: Progress, say: Say) -> None:
    for model, found in keys.items():
        asked = zip(recipe.requests(model), found, strict=True)
        # The first run of a task is the plain one; conditions and other poolings come after it.
        plain = {request.task: key for request, key in reversed(list(asked))}
        for task in recipe.token_tasks(model):
            report = read_token_maps(config, plain[task], progress=progress)
            say(f"{model} on {task}: {len(report.computed)} texts token by token")


def _maps(config: Config, keys: dict[str, list[str]], progress: Progress, say: Say) -> None:
    mains = {model: found[0] for model, found in keys.items()}
    for model, found in keys.items():
        for key in found[: recipe.mapped_runs(model)]:
            report = project_run(config, key, progress=progress)
            say(f"{model}: {report.computed} maps drawn")
    names = list(mains)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            if recipe.main_task(first) != recipe.main_task(second):
                continue
            compare_runs(config, mains[first], mains[second], progress)


def _write(config: Config, keys: dict[str, list[str]], say: Say) -> Path:
    """These models' runs as the store has them; those of others as they are bundled already."""
    written = {key for found in keys.values() for key in found}
    drawn = [key for one, found in keys.items() for key in found[: recipe.mapped_runs(one)]]
    with snapshot(config) as connection:
        if bundled := bundled_rows(config.demo_dir, RUNS, ("run_key", "model")):
            add_bundle(connection, config.demo_dir)
        others = {key for key, model in bundled if model not in keys}
        mapped = others & {key for (key,) in bundled_rows(config.demo_dir, NEIGHBOURS, ["run_key"])}
        counts = export_bundle(
            connection,
            config.demo_dir,
            sorted(written | others),
            neighbours_of=[*drawn, *sorted(mapped)],
            score_sources=TRUSTED,
            level=SMALL,
        )
    _write_items(config, [keys[one][0] for one in recipe.KEPT_WITH_ITEMS if one in keys])
    size = sum(path.stat().st_size for path in config.demo_dir.glob("*.parquet"))
    rows = ", ".join(f"{count} {table}" for table, count in counts.items())
    say(f"{config.demo_dir}: {size / 1e6:.1f} MB ({rows})")
    return config.demo_dir


def _write_items(config: Config, run_keys: Sequence[str]) -> None:
    for key in run_keys:
        keep_items(config, key, bundled_items(config))


def _require_packs(config: Config, models: Sequence[str]) -> None:
    fetched = fetched_packs(config)
    missing = [name for name in models if find_model(name).pack not in fetched]
    if missing:
        raise InputError(
            f"not fetched yet: {', '.join(missing)}; "
            f"run: python -m lrd_core models fetch {' '.join(missing)}"
        )
