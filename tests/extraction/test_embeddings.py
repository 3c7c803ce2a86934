"""The array cache: what was written comes back, anything less is refused."""

import json

import numpy as np
import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.extraction.embeddings import (
    MissingArrayError,
    embeddings_path,
    open_embeddings,
    writing_embeddings,
)


def write(config: Config, key: str = "abc") -> np.ndarray:
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    with writing_embeddings(config, key) as path:
        np.save(path, array)
    return array


def test_written_embeddings_come_back(config: Config) -> None:
    array = write(config)
    np.testing.assert_array_equal(open_embeddings(config, "abc"), array)


def test_interrupted_writing_leaves_nothing(config: Config) -> None:
    with pytest.raises(KeyboardInterrupt), writing_embeddings(config, "abc") as path:
        path.write_bytes(b"half")
        raise KeyboardInterrupt
    assert list(config.arrays_dir.iterdir()) == []
    with pytest.raises(MissingArrayError, match="run the same model and task again"):
        open_embeddings(config, "abc")


def test_a_damaged_file_is_noticed(config: Config) -> None:
    write(config)
    path = embeddings_path(config, "abc")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(MissingArrayError, match="is damaged"):
        open_embeddings(config, "abc")


def test_a_truncated_file_is_noticed(config: Config) -> None:
    write(config)
    path = embeddings_path(config, "abc")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(MissingArrayError):
        open_embeddings(config, "abc")


def test_a_digest_that_is_no_json_counts_as_missing(config: Config) -> None:
    write(config)
    embeddings_path(config, "abc").with_suffix(".json").write_text(json.dumps({})[:1])
    with pytest.raises(MissingArrayError):
        open_embeddings(config, "abc")


def test_a_key_is_never_a_path(config: Config) -> None:
    with pytest.raises(InputError, match="no run key"):
        embeddings_path(config, "../../etc/passwd")
