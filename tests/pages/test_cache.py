"""What is remembered is bounded: every cache of the app by number, what was read by size too."""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.store.connection import connect
from pages._shared import cache
from pages._shared.sizes import bytes_of

ROOT = Path(__file__).resolve().parents[2]
CODE = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "lrd_core").rglob("*.py")]
BOUND = {"lru_cache": "maxsize", "cache_resource": "max_entries", "cache_data": "max_entries"}


def caches(path: Path) -> Iterator[tuple[str, ast.FunctionDef, ast.expr]]:
    """Name of the cache, the function, and the decorator, of every function that is remembered."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                name = ast.unparse(called).split(".")[-1]
                if name in (*BOUND, "cache"):
                    yield name, node, decorator


def test_every_cache_has_a_bound() -> None:
    found = [(path, *entry) for path in CODE for entry in caches(path)]
    assert len(found) >= 12
    for path, name, function, decorator in found:
        where = f"{path.relative_to(ROOT)}: {function.name}"
        if name == "cache":
            assert not function.args.args, f"{where} remembers every argument"
            continue
        given = (
            {k.arg: k.value for k in decorator.keywords} if isinstance(decorator, ast.Call) else {}
        )
        bound = given.get(BOUND[name])
        assert bound is not None, f"{where} has no {BOUND[name]}"
        assert getattr(bound, "value", 1) is not None, where


@pytest.fixture
def store(config: Config) -> Config:
    with connect(config):
        pass
    cache._large.clear()
    return config


def blocks(config: Config, number: int, megabytes: int) -> np.ndarray:
    """A made-up reading; `calls` counts how often it was done."""
    calls.append(number)
    return np.full(megabytes * 2**17, float(number))


calls: list[int] = []


def test_large_things_leave_when_newer_ones_need_their_room(
    store: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", 10 * 2**20)
    calls.clear()
    for number in (1, 2, 3, 4, 4, 3):
        assert cache.read(blocks, number, 4)[0] == number
    assert calls == [1, 2, 3, 4]  # two fit, and the newest two are remembered
    assert sum(size for size, _ in cache._large) <= cache.MOST_BYTES
    cache.read(blocks, 1, 4)
    assert calls == [1, 2, 3, 4, 1]


def test_what_is_larger_than_the_bound_is_given_and_not_kept(
    store: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", 2 * 2**20)
    calls.clear()
    assert [len(cache.read(blocks, 7, 4)) for _ in range(2)] == [4 * 2**17] * 2
    assert calls == [7, 7]
    assert not cache._large


def test_small_things_stay_beside_large_ones(
    store: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MOST_BYTES", 5 * 2**20)
    calls.clear()
    cache.read(blocks, 0, 0)
    for number in (1, 2, 3):
        cache.read(blocks, number, 4)
    cache.read(blocks, 0, 0)
    assert calls == [0, 1, 2, 3]


def test_sizes_are_counted_where_they_are() -> None:
    array = np.zeros((100, 10))
    assert bytes_of(array) == 8000
    assert bytes_of({"a": array, "again": array}) == 8000
    assert bytes_of([array, (array,)]) >= 16000
    table = pd.DataFrame({"x": np.zeros(100), "lists": [array] * 100})
    assert bytes_of(table) >= 800 + 100 * 8000
    words = pd.DataFrame({"model": pd.Series(["a long name"] * 100, dtype=object)})
    assert bytes_of(words) < 2000
    assert bytes_of(SimpleNamespace(a=1)) == 8
