"""Which subject stands for a model that is one of two."""

from lrd_core.views.layer_choice import Scored, subject_named


def scored(subject: str, model: str, revision: str = "r", tasks: int = 1) -> Scored:
    names = tuple(f"t{i}" for i in range(tasks))
    return Scored(subject, model, revision, "mean", "computed", 6, None, names)


def test_the_subject_of_a_model_is_the_one_with_most_tasks() -> None:
    subjects = [scored("a, mean", "a"), scored("a, cls", "a", tasks=3), scored("b", "b", "x")]
    assert subject_named(subjects, "a") == subjects[1]
    assert subject_named(subjects, "a, mean") == subjects[0]
    assert subject_named(subjects, "b@x") == subjects[2]
    assert subject_named(subjects, "c") is None
