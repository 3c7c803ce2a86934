"""The kind "take": write one layer of a model as a folder.

Payload: model, task (a name or empty), settings (see TakeSettings.to_json), run (fields of
RunSettings), evidence (sentences for the card) and folder, a name inside the exports folder.
"""

import time
from typing import Any

from lrd_core.jobs.context import JobContext
from lrd_core.models.loading import Loading
from lrd_core.pruning.export import export_folder
from lrd_core.settings import RunSettings
from lrd_core.taking.settings import TakeSettings
from lrd_core.taking.take import RECORD, take_model


def run_take(payload: dict[str, Any], context: JobContext) -> None:
    """Write the folder of a layer; one that is complete already is not written again.

    That is so where an attempt ended after the folder stood and before it was marked as done.
    Raises: InputError for a folder name with a path in it, or one that holds something else; else
    as take_model.
    """
    started = time.monotonic()
    for name in context.remaining([payload["folder"]]):
        folder = export_folder(context.config, name)
        if (folder / RECORD).is_file():
            context.log("the folder was there")
            context.finish_unit(name, time.monotonic() - started, str(folder))
            continue
        found = take_model(
            payload["model"],
            TakeSettings.from_json(payload["settings"]),
            folder,
            context.config,
            run=RunSettings(**payload["run"]),
            task=payload["task"],
            loading=Loading(context.device),
            evidence=payload["evidence"],
            progress=context.progress,
        )
        context.log(found.sentence)
        context.finish_unit(name, time.monotonic() - started, str(found.folder))
