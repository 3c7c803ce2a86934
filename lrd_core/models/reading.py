"""How a model is read, in words: what belongs to the key of its numbers, and what is shown."""

from collections.abc import Mapping

from lrd_core.models.anatomy import Anatomy, Last
from lrd_core.models.pipeline import PLAIN, Pipeline
from lrd_core.models.specs import ModelSpec

_LAST: Mapping[Last, str] = {
    "output": "",
    "block": "before the last projection",
    "closed": "last norm on every position",
}


def describe_reading(
    spec: ModelSpec, anatomy: Anatomy, given: str, code: str, pipeline: Pipeline = PLAIN
) -> str:
    """What can change a number beyond the files and the settings; empty for most models.

    given: how items become what it takes, where its files do not say it all: ends of texts that
    were added, positions that pooling leaves out. code: whose code computes a model that brings
    its own, from `code_reading`.
    Part of a run's key: the same files read otherwise give other numbers.
    """
    parts = (
        code,
        "attends both ways" if spec.bidirectional else "",
        given,
        "" if anatomy.batching == "any" else f"batches of {_sharing(anatomy)}",
        "" if anatomy.chained else "layers as blocks take them",
        _LAST[anatomy.last],
        *pipeline.reading,
    )
    return ", ".join(part for part in parts if part)


def describe_notes(
    anatomy: Anatomy, given: str, unused_code: str, pipeline: Pipeline = PLAIN
) -> tuple[str, ...]:
    """Sentences about a model without their subject, to be shown with its numbers.

    given: how items become what it takes, where that has to be said.
    """
    shared = f"padding reaches its texts, so they are read in batches of {_sharing(anatomy)}"
    found = (
        unused_code,
        given,
        "" if anatomy.batching == "any" else shared,
        "" if anatomy.chained else "something lies between two of its blocks",
        "read before its last projection" if anatomy.last == "block" else "",
        "its last norm, which it applies to one position, is applied to all"
        if anatomy.last == "closed"
        else "",
        *pipeline.notes,
    )
    return tuple(note for note in found if note)


def _sharing(anatomy: Anatomy) -> str:
    return "one text" if anatomy.batching == "alone" else anatomy.batching
