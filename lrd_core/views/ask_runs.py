"""Where an answer's numbers come from, as the runs of any other figure say it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lrd_core.asking.answers import Answer
from lrd_core.models.specs import known_model
from lrd_core.settings import RunSettings


def runs_of(question: Mapping[str, Any], answer: Answer) -> pd.DataFrame:
    """One row a model: its revision, the task's, and the settings that it was read with.

    n: the labelled rows; where there are none, the items on which metrics picked.
    """
    read = RunSettings(**question["run"])
    picked = max((int(pick["n"]) for pick in answer.picks), default=0)
    n = answer.n or picked
    rows = []
    for model, revision in answer.revisions.items():
        spec = known_model(model)
        rows.append(
            {
                **vars(read),
                "dtype": "" if read.dtype == "auto" else read.dtype,
                "model": model,
                "model_id": spec.id if spec else model,
                "revision": revision,
                "model_note": spec.note if spec else "",
                "task": answer.task,
                "task_revision": answer.task_revision,
                "n": n,
                "n_total": n,
                "source": answer.source,
            }
        )
    return pd.DataFrame(rows)
