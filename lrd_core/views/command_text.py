"""The command lines that the app shows: pasted into a shell, each does what the page did.

Names of models and tasks come from anywhere (an imported bundle, say), so every word is quoted.
"""

import shlex
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from lrd_core.models.specs import IN_MEMORY, is_hub_id, known_model
from lrd_core.pruning.settings import TrialSettings
from lrd_core.settings import ASKED, RunSettings, changed_options
from lrd_core.tasks.content import GIVEN

FIRST_MODEL, FIRST_TASK = "all-MiniLM-L6-v2", "bbc-news"
"""They are installed with the app."""

OF_FILES = ("files:", "sha256:")
"""How a revision begins that is a digest of files, and no commit of a hub."""


def command(name: str, **options: object) -> str:
    """`python -m lrd_core NAME` with these options, quoted for a shell.

    A sequence repeats its flag once for each different value; True is a flag alone; None, False
    and "" leave the option out.
    """
    words = ["python", "-m", "lrd_core", *name.split()]
    for option, value in options.items():
        flag = f"--{option.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif isinstance(value, (list, tuple)):
            words += [word for one in dict.fromkeys(value) for word in (flag, str(one))]
        elif value is not None and value is not False and value != "":
            words += [flag, str(value)]
    return shlex.join(words)


def run_command(
    models: Iterable[str] = (FIRST_MODEL,),
    tasks: Iterable[str] = (FIRST_TASK,),
    metrics: Sequence[str] = (),
    settings: RunSettings | None = None,
) -> str:
    """The `run` command, with every setting that is not the default."""
    return command(
        "run",
        model=list(models),
        task=list(tasks),
        metrics=",".join(metrics),
        **changed_options(settings or RunSettings()),
    )


def commands_for_runs(runs: pd.DataFrame, metrics: Sequence[str] = ()) -> str:
    """The commands that compute these runs again: one line for each set of settings.

    runs: rows of `runs`, whose columns are what the settings came to. Imported runs, of which
    no sample is known, are left out, and what was given in a notebook: no command leads to it.
    """
    return "\n".join(
        run_command(_model_words(group), group["task"], metrics, settings)
        for settings, group in _by_settings(runs[runs["n"] > 0])
    )


def commands_for_scores(scores: pd.DataFrame) -> str:
    """The commands that compute these scores again, as `commands_for_runs`.

    scores: with the columns of runs; what a score does not depend on is missing. A task is scored
    as a whole, so that no sample is asked for.
    """
    return "\n".join(
        command(
            "scores",
            model=_model_words(group),
            task=list(group["task"]),
            **changed_options(settings),
        )
        for settings, group in _by_settings(scores.assign(n=RunSettings.n))
    )


def _by_settings(rows: pd.DataFrame) -> Iterator[tuple[RunSettings, pd.DataFrame]]:
    """Rows of equal settings; those that are missing are as they are by default."""
    in_memory = rows["model_id"].astype(str).str.startswith(IN_MEMORY)
    rows = rows[~in_memory & ~rows["task_revision"].astype(str).str.startswith(GIVEN)]
    names = [one.name for one in ASKED]
    for values, group in rows.groupby(names, sort=False, dropna=False):
        known = [pair for pair in zip(ASKED, values, strict=True) if pd.notna(pair[1])]
        yield RunSettings(**{one.name: one.kind(value) for one, value in known}), group


def _model_words(rows: pd.DataFrame) -> list[str]:
    return [model_word(*row) for row in rows[["model", "model_id", "revision"]].values]


def model_word(model: str, model_id: str, revision: str) -> str:
    """What `--model` takes to find this model again at this revision.

    The name alone where the registry knows it by that revision, or where no other can be asked
    for: a pack's, or that of a table which names its models as it likes. A folder is its path.
    """
    if not is_hub_id(model_id):
        return model if model_id.startswith("pack:") else model_id
    known = known_model(model)
    if model_id not in (model, known and known.id) or revision.startswith(OF_FILES):
        return model
    commit, _, _ = revision.partition("+")
    usual = known is not None and known.pack is None and known.revision == commit
    return model if usual or not commit else f"{model}@{commit}"


def prune_command(models: Sequence[str], tasks: Sequence[str], settings: TrialSettings) -> str:
    """The `prune` command that does the same; what is the default is left out."""
    changed = changed_options(settings)
    return command("prune", model=list(models), task=list(tasks), **changed)
