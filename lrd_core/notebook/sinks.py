"""Profiles into the records of experiments that others keep: W&B and MLflow."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lrd_core.errors import InputError
from lrd_core.extras import need

if TYPE_CHECKING:
    from lrd_core.notebook.profiles import Profiles


def log_to_wandb(found: Profiles, run: Any) -> None:
    """Put the table of all values and the figure into a run of W&B, under the model and the task.

    run: what `wandb.init(...)` gave; `mode="offline"` keeps it on this machine.
    Raises: InputError where wandb is not installed.

    Example:
        >>> run = wandb.init(project="layers", mode="offline")  # doctest: +SKIP
        >>> lrd_core.log_to_wandb(found, run)  # doctest: +SKIP
    """
    need("wandb", "logging to W&B")
    import wandb

    logged: dict[str, Any] = {f"{_place(found)}/profiles": wandb.Table(dataframe=found.table())}
    figure = _figure(found)
    if figure is not None:
        logged[f"{_place(found)}/figure"] = wandb.Html(figure.to_html(include_plotlyjs=True))
    run.log(logged)


def log_to_mlflow(found: Profiles, run_id: str | None = None) -> None:
    """Put the table of all values and the figure into a run of MLflow, as files of its own.

    They stand below `layers/MODEL/TASK/`: profiles.json, and figure.html where there is a profile.
    run_id: of the active run unless told.
    Raises: InputError where mlflow is not installed or no run is there.

    Example:
        >>> with mlflow.start_run():  # doctest: +SKIP
        ...     lrd_core.log_to_mlflow(found)
    """
    need("mlflow", "logging to MLflow")
    from mlflow import MlflowClient, active_run

    active = active_run()
    if run_id is None and active is None:
        raise InputError("no run of MLflow is active; start one, or give run_id=...")
    client, run = MlflowClient(), run_id or active.info.run_id
    client.log_text(run, found.table().to_json(orient="table"), f"{_place(found)}/profiles.json")
    figure = _figure(found)
    if figure is not None:
        client.log_text(run, figure.to_html(include_plotlyjs=True), f"{_place(found)}/figure.html")


def _place(found: Profiles) -> str:
    model, task = (re.sub(r"[^\w.-]+", "-", name) for name in (found.model, found.task))
    return f"layers/{model}/{task}"


def _figure(found: Profiles) -> Any:
    """None of metrics that have no profile: a matrix or one number a model."""
    try:
        return found.figure()
    except InputError:
        return None
