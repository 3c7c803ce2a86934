"""What a run is called in the store: everything that can change its numbers, and whose they are."""

from dataclasses import asdict, replace

from lrd_core.models.load import LoadedModel
from lrd_core.settings import RunIdentity, RunSettings
from lrd_core.store.runs import RunRecord
from lrd_core.tasks import TaskItems


def identity_of(model: LoadedModel, sample: TaskItems, settings: RunSettings) -> RunIdentity:
    """These settings as they came to with this model and these items, and what both are.

    Raises: InputError for a tail that does not exist.
    """
    task = sample.spec
    came_to = replace(model.came_to(settings), n=sample.n)
    return RunIdentity(
        **asdict(came_to),
        model=model.spec.name,
        model_id=model.spec.id,
        revision=model.revision,
        task=task.name,
        task_revision=task.revision,
        split=task.split,
        reading=model.reading,
        device=str(model.device),
    )


def record_of(model: LoadedModel, sample: TaskItems, identity: RunIdentity, key: str) -> RunRecord:
    """The row that says whose numbers a run has."""
    notes = (model.spec.note, *model.notes, model.pipeline.tail_note(identity.tail))
    return RunRecord(
        **asdict(identity),
        run_key=key,
        family=model.spec.family,
        num_blocks=model.num_blocks,
        hidden_size=model.width(identity.pooling or model.pooling, identity.tail),
        num_parameters=sum(p.numel() for p in model.model.parameters()),
        model_note="; ".join(note for note in notes if note),
        task_type=sample.spec.type,
        n_total=sample.n_total,
        modality=sample.spec.modality,
    )
