"""Every example of the public face runs as it is written, without network."""

import doctest
from pathlib import Path

import pytest

import lrd_core
from lrd_core.config import Config
from lrd_core.models import load
from lrd_core.notebook import cutting, measuring, profiles, scoring, stores, taking, training
from lrd_core.tasks import specs

EXAMPLES = [
    test
    for module in (measuring, profiles, scoring, cutting, stores, taking, training, load, specs)
    for test in doctest.DocTestFinder(exclude_empty=True).find(module)
    if test.examples
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda test: test.name.rpartition("lrd_core.")[2])
def test_an_example_gives_what_it_says(
    example: doctest.DocTest, config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(example)
    assert runner.failures == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    "name", [n for n in lrd_core.__all__ if callable(getattr(lrd_core, n)) and n[0].islower()]
)
def test_every_function_has_an_example(name: str) -> None:
    words = getattr(lrd_core, name).__doc__
    assert ">>>" in words
    assert "Raises:" in words


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 12
    assert Path(lrd_core.__file__).parent.name == "lrd_core"
