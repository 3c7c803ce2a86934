"""Names of metrics with modes and parameters, and requests that travel as JSON."""

import pytest

from lrd_core.errors import InputError, UnknownNameError
from lrd_core.runs import RunRequest
from lrd_core.runs.request import parse_metrics
from lrd_core.settings import RunSettings


def test_groups_and_names_mix_without_doubles() -> None:
    names = [request.label for request in parse_metrics(("lrd", "nrs", "prompt_entropy"))]
    assert sorted(names) == ["frenet", "gfmi", "nrs", "prompt_entropy"]


def test_a_mode_and_parameters_follow_colons() -> None:
    (request,) = parse_metrics(("dataset_entropy:published:alpha=2",))
    assert request.mode == "published"
    assert request.parameters["alpha"] == 2
    assert request.label == "dataset_entropy:published:alpha=2"
    assert "mode" not in request.parameters


def test_defaults_are_part_of_what_is_stored() -> None:
    (request,) = parse_metrics(("nrs",))
    assert '"k":20' in request.id.parameters


def test_a_group_keeps_only_the_members_that_have_the_mode() -> None:
    published = parse_metrics(("lbl:published",))
    assert {"prompt_entropy", "token_curvature"} <= {entry.metric.name for entry in published}
    assert all("published" in entry.metric.modes for entry in published)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("entropie", UnknownNameError, "no metric or group is called 'entropie'"),
        ("nrs:q=3", InputError, "nrs has no parameter q; it has k"),
        ("dime:q=3", InputError, "dime compares two views; leave q at 2"),
        ("nrs:k=many", InputError, "k of nrs is a number such as 20, not 'many'"),
        ("lidar:q=2,n_texts=9", InputError, "q of lidar is a number such as 16, not '2,n_texts=9'"),
        ("nrs:published", InputError, "nrs has the modes exact"),
        ("dataset_entropy:alpha=NaN", InputError, "alpha of dataset_entropy is no finite number"),
        ("dataset_entropy:alpha=1e400", InputError, "is no finite number"),
        ("nrs:k=" + "9" * 400, InputError, "k of nrs is no finite number"),
    ],
)
def test_what_does_not_exist_is_named(name: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        parse_metrics((name,))


def test_a_request_survives_json() -> None:
    request = RunRequest("m", "t", ("nrs",), RunSettings(n=5, condition="repeat:0.3"))
    assert RunRequest.from_json(request.to_json()) == request


def test_a_foreign_field_is_refused() -> None:
    with pytest.raises(InputError, match="this is no run request"):
        RunRequest.from_json({"model": "m", "task": "t", "settings": {"colour": "red"}})
