"""How a model is read, in words: what belongs to the key of its numbers, and what is shown."""

from lrd_core.models.anatomy import Anatomy
from lrd_core.models.pipeline import PLAIN, Pipeline
from lrd_core.models.specs import ModelSpec


def describe_reading(
    spec: ModelSpec, anatomy: Anatomy, mended: str, code: str, pipeline: Pipeline = PLAIN
) -> str:
    """What can change a number beyond the files and the settings; empty for most models.

    code: whose code computes a model that brings its own, from `code_reading`.
    Part of a run's key: the same files read otherwise give other numbers.
    """
    parts = (
        code,
        "attends both ways" if spec.bidirectional else "",
        mended,
        "" if anatomy.batching == "any" else f"batches of {_sharing(anatomy)}",
        "" if anatomy.chained else "layers as blocks take them",
        "" if anatomy.last == "output" else "before the last projection",
        *pipeline.reading,
    )
    return ", ".join(part for part in parts if part)


def describe_notes(
    anatomy: Anatomy, mended: str, unused_code: str, pipeline: Pipeline = PLAIN
) -> tuple[str, ...]:
    """Sentences about a model without their subject, to be shown with its numbers."""
    shared = f"padding reaches its texts, so they are read in batches of {_sharing(anatomy)}"
    found = (
        unused_code,
        f"{mended}, as its tokenizer_config.json asks" if mended else "",
        "" if anatomy.batching == "any" else shared,
        "" if anatomy.chained else "something lies between two of its blocks",
        "" if anatomy.last == "output" else "read before its last projection",
        *pipeline.notes,
    )
    return tuple(note for note in found if note)


def _sharing(anatomy: Anatomy) -> str:
    return "one text" if anatomy.batching == "alone" else anatomy.batching
