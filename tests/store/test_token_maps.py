"""Token maps go into the store and come back; bundles carry them, and check what they hold."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.store import connect
from lrd_core.store.bundle import export_bundle, import_bundle
from lrd_core.store.bundle_check import check_folder
from lrd_core.store.token_maps import (
    finished_texts,
    mapped_texts,
    read_token_map,
    text_key,
    token_map_writes,
)
from lrd_core.store.writes import apply
from tests.token_store import LAYERS, WORDS, token_map


def test_what_is_saved_comes_back_and_replaces(config: Config) -> None:
    row, typed = token_map("a"), token_map("a", text_key=text_key("mine"), text_index=None)
    with connect(config) as connection:
        for one in (typed, token_map("a", version=0), row):
            apply(connection, token_map_writes(one))
        found = read_token_map(connection, "a", row.text_key)
        assert found is not None
        assert found.words == WORDS
        assert found.norms.shape == (LAYERS, len(WORDS))
        np.testing.assert_array_equal(found.norms, row.norms)
        np.testing.assert_array_equal(np.isnan(found.cosines), np.isnan(row.cosines))
        assert found.special.tolist() == [True, *[False] * 6, True]
        assert found.text_index == 3
        assert finished_texts(connection, "a", 1) == {row.text_key, typed.text_key}
        assert finished_texts(connection, "a", 0) == set()
        texts = mapped_texts(connection, ["a", "b"])
        assert texts["text_key"].tolist() == [row.text_key, typed.text_key]
        assert texts["text_index"].isna().tolist() == [False, True]
        assert read_token_map(connection, "b", row.text_key) is None


def test_the_place_of_a_text_is_part_of_its_name() -> None:
    assert text_key("a") == text_key("a", 0) != text_key("a", 1)


def test_a_bundle_carries_them_and_an_import_is_not_taken_for_own_work(
    config: Config, tmp_path: Path
) -> None:
    with connect(config) as connection:
        apply(connection, token_map_writes(token_map("a", source="import: x")))
        assert finished_texts(connection, "a", 1) == set()
        export_bundle(connection, tmp_path / "bundle")
        connection.execute("DELETE FROM token_maps")
        assert import_bundle(connection, tmp_path / "bundle")["token_maps"] == 1
        assert import_bundle(connection, tmp_path / "bundle")["token_maps"] == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"words": ["a"], "special": [0]}, "a row has not num_tokens words"),
        ({"special": [0]}, "words and special of a row have different lengths"),
        ({"norms": [1.0]}, "norms and cosines of a row have different lengths"),
        ({"num_layers": 3}, "a row has not num_layers times num_tokens norms"),
        ({"num_tokens": 513}, "num_tokens '513' is not a number of tokens up to 512"),
        ({"num_layers": 10**6}, "num_layers '1000000' is not a number of layers up to 2001"),
    ],
)
def test_a_bundle_is_checked_before_it_comes_in(
    config: Config, tmp_path: Path, changes: dict, message: str
) -> None:
    with connect(config) as connection:
        apply(connection, token_map_writes(token_map("a")))
        export_bundle(connection, tmp_path)
    check_folder(tmp_path)
    path = tmp_path / "token_maps.parquet"
    (row,) = pq.read_table(path).to_pylist()
    pq.write_table(pa.Table.from_pylist([row | changes]), path)
    with pytest.raises(InputError, match=message):
        check_folder(tmp_path)
