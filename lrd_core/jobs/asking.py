"""The kind "ask": every layer of some models on one task, with a few labels and without.

Payload: see asking.answers.ask_payload. The answer is kept as a file that the payload names.
"""

import time
from typing import Any

from lrd_core.asking.answers import read_answer, write_answer
from lrd_core.asking.ask import ask
from lrd_core.asking.settings import AskSettings
from lrd_core.jobs.context import JobContext
from lrd_core.models.loading import Loading
from lrd_core.numbers import whole
from lrd_core.settings import RunSettings


def run_ask(payload: dict[str, Any], context: JobContext) -> None:
    """Answer the question and keep the answer; one that is kept is not asked again."""
    started = time.monotonic()
    if read_answer(context.config, payload) is not None:
        context.log("the answer was there")
        return
    answer = ask(
        payload["models"],
        payload["task"],
        AskSettings(**payload["settings"]),
        RunSettings(**payload["run"]),
        context.config,
        loading=Loading(context.device),
        progress=context.progress,
    )
    write_answer(context.config, payload, answer)
    context.log(f"{len(answer.rows)} layers judged in {whole(time.monotonic() - started)} s")
