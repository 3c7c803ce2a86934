"""How long a question takes, and which candidates can be asked in the time that there is."""

from dataclasses import replace

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.jobs.estimate import Estimate, duration_text, estimate_run
from lrd_core.views.ask import LABEL_FREE, AskRequest


def ask_estimate(config: Config, request: AskRequest) -> Estimate:
    """For all candidates, one after the other: texts without labels and labelled ones.

    Raises: UnknownNameError for a model that is not registered and no hub id.
    """
    texts = (request.run.n or 0) + request.settings.labels
    run = replace(request.run, n=texts)
    return estimate_run(config, request.models, [request.task], LABEL_FREE, run)


def within_minutes(config: Config, request: AskRequest, minutes: float) -> tuple[AskRequest, str]:
    """The question with the candidates that there is time for, and a sentence on the others.

    minutes: 0 for any time. Candidates are taken in their order while the estimate of all that are
    taken fits; one that does not fit is left out, and later ones are still tried.
    Raises: as ask_estimate; InputError where there is time for none.
    """
    if not minutes:
        return request, ""
    time = duration_text(60 * minutes)
    kept: list[str] = []
    left_out = []
    for model in request.models:
        tried = replace(request, models=(*kept, model))
        if ask_estimate(config, tried).seconds <= 60 * minutes:
            kept.append(model)
            continue
        alone = ask_estimate(config, replace(request, models=(model,))).seconds
        left_out.append(f"{model} (about {duration_text(alone)})")
    if not kept:
        raise InputError(
            f"{time} is not enough for any candidate: {', '.join(left_out)}; allow more "
            "time, or read fewer items"
        )
    said = f"Left out, for {time} is not enough: {', '.join(left_out)}."
    return replace(request, models=tuple(kept)), said if left_out else ""
