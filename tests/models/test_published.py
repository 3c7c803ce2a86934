"""Models that only published tables know: described, never loaded."""

import pytest

from lrd_core.errors import UnknownNameError
from lrd_core.evaluation.published_names import published_model
from lrd_core.models.published import PUBLISHED_ONLY, described_model
from lrd_core.models.specs import find_model, is_hub_id


@pytest.mark.parametrize("spec", PUBLISHED_ONLY, ids=lambda spec: spec.name)
def test_it_is_described_and_cannot_be_run(spec) -> None:
    assert described_model(spec.name) == spec
    assert not is_hub_id(spec.id)
    assert "not stated" in spec.note
    with pytest.raises(UnknownNameError):
        find_model(spec.name)


def test_names_of_the_tables_lead_to_descriptions() -> None:
    for pair in (
        ("vit", "base"),
        ("aim", "3B"),
        ("Pythia", "6.9b"),
        ("roberta_mean_pooling", "large"),
    ):
        named = published_model(*pair)
        assert named is not None and described_model(named.name) is not None, pair


def test_which_models_read_images() -> None:
    names = ("dinov2-large", "AIM-huge", "pythia-410m")
    kinds = [getattr(described_model(name), "modality", None) for name in names]
    assert kinds == ["image", "image", "text"] and described_model("never heard of") is None
