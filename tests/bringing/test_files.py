"""Every kind of file gives the same layers, and what does not fit is refused by name."""

import json
import shutil
import zipfile

import numpy as np
import pandas as pd
import pytest

from lrd_core.bringing.files import read_brought
from lrd_core.errors import LrdError

N, D = 12, 3
LAYERS = np.random.default_rng(0).normal(size=(11, N, D)).astype(np.float32)
TEXTS = [f"text {row}" for row in range(N)]
LABELS = ["a", "b"] * (N // 2)


def wide(cell=lambda vector: vector.tolist()) -> pd.DataFrame:
    """Columns out of order, so that layer_10 must not come before layer_2."""
    names = sorted(range(len(LAYERS)), key=str)
    columns = {f"layer_{place}": [cell(vector) for vector in LAYERS[place]] for place in names}
    return pd.DataFrame({"Text": TEXTS, "label": LABELS} | columns)


def test_every_kind_of_file_gives_the_same(tmp_path) -> None:
    np.save(tmp_path / "all.npy", LAYERS)
    np.savez(tmp_path / "one.npz", states=LAYERS, texts=TEXTS, labels=LABELS)
    np.savez(tmp_path / "many.npz", **{f"layer_{i}": z for i, z in enumerate(LAYERS)})
    wide().to_parquet(tmp_path / "wide.parquet")
    wide(lambda vector: json.dumps(vector.tolist())).to_csv(tmp_path / "wide.csv", index=False)
    cells = [LAYERS[:, row].tolist() for row in range(N)]
    pd.DataFrame({"embedding": cells, "text": TEXTS}).to_json(
        tmp_path / "cells.jsonl", orient="records", lines=True
    )
    rows = [
        (i, t, z.tolist())
        for i, layer in enumerate(LAYERS)
        for t, z in zip(TEXTS, layer, strict=True)
    ]
    pd.DataFrame(rows, columns=["layer", "text", "vector"]).to_parquet(tmp_path / "long.parquet")
    (tmp_path / "folder").mkdir()
    for place, layer in enumerate(LAYERS):
        np.save(tmp_path / "folder" / f"{place}.npy", layer)
    singles = [tmp_path / "folder" / f"{place}.npy" for place in range(len(LAYERS))]
    for paths in (*([path] for path in sorted(tmp_path.iterdir())), singles):
        found = read_brought(paths)
        np.testing.assert_array_equal(np.stack(found.layers), LAYERS, err_msg=str(paths[0]))
        assert found.texts in (None, tuple(TEXTS)) and found.labels in (None, tuple(LABELS))
    assert read_brought([tmp_path / "one.npz"]).labels == tuple(LABELS)
    assert read_brought([tmp_path / "wide.csv"]).texts == tuple(TEXTS)
    pd.DataFrame({"text": TEXTS, "label": LABELS}).to_csv(tmp_path / "t.csv", index=False)
    found = read_brought([tmp_path / "all.npy"], tmp_path / "t.csv")
    assert (found.texts, found.labels) == (tuple(TEXTS), tuple(LABELS))


def test_a_saved_data_set_is_read_by_its_columns(tmp_path) -> None:
    datasets = pytest.importorskip("datasets")
    whole = datasets.Dataset.from_pandas(wide())
    whole.save_to_disk(tmp_path / "saved")
    datasets.DatasetDict({"test": whole}).save_to_disk(tmp_path / "one")
    datasets.DatasetDict({"test": whole, "train": whole}).save_to_disk(tmp_path / "two")
    for name in ("saved", "one"):
        found = read_brought([tmp_path / name])
        np.testing.assert_array_equal(np.stack(found.layers), LAYERS)
        assert found.texts == tuple(TEXTS)
    with pytest.raises(LrdError, match="has the splits test, train; give the folder of one"):
        read_brought([tmp_path / "two"])


def test_what_does_not_fit_is_refused_with_its_place(tmp_path) -> None:
    broken = LAYERS.copy()
    broken[2, 7, 1] = np.nan
    short = {"layer_0": LAYERS[0], "layer_1": LAYERS[1][:-1]}
    narrow = {"layer_0": LAYERS[0], "layer_1": LAYERS[1][:, :-1]}
    arrays = {
        "layer 2 holds NaN or Inf, first in row 7": {"z": broken},
        "layer 1 has 11 rows, layer 0 has 12": short,
        "layer 1 has vectors of 2 values, layer 0 of 3": narrow,
        "there is one layer alone": {"z": LAYERS[0]},
        r"has the shape \(3,\); give \(layers, n, d\)": {"z": LAYERS[0, 0]},
        "there are 2 labels for 12 vectors": {"z": LAYERS, "labels": ["a", "b"]},
        "holds complex128; give numbers": {"z": LAYERS.astype(complex)},
        "holds no array of vectors": {"texts": TEXTS},
        "labels holds half of a character in row 1": {"z": LAYERS, "labels": ["a", "\ud800"]},
        "maximum character": {"z": LAYERS, "labels": np.full(12, 2**31, "u4").view("U1")},
        "Object arrays cannot be loaded": {"z": np.array([{}, {}], dtype=object)},
    }
    for message, given in arrays.items():
        np.savez(tmp_path / "a.npz", **given)
        with pytest.raises(LrdError, match=message):
            read_brought([tmp_path / "a.npz"])
    tables = {
        "a.csv, line 3: vector is no list of numbers": 'layer,vector\n0,"[1, 2]"\n1,"[1, x]"\n',
        r"a.csv, line 3: vector has the shape \(1,\), the first": 'vector\n"[1, 2]"\n"[1]"\n',
        "has no column of vectors": "text,label\nA,b\n",
        "layer must be a whole number": 'layer,vector\nfirst,"[1, 2]"\n',
        "layer 1 has other texts than layer 0": 'layer,text,vector\n0,A,"[1]"\n1,B,"[2]"\n',
        "has vectors in a, b; call": 'a,b\n"[1]","[2]"\n',
    }
    for message, content in tables.items():
        (tmp_path / "a.csv").write_text(content)
        with pytest.raises(LrdError, match=message):
            read_brought([tmp_path / "a.csv"])
    (tmp_path / "a.npy").write_bytes(b"no array")
    (tmp_path / "header.npy").write_bytes(b"\x93NUMPY\x01\x00\x05\x00{'a'(")
    np.savez(tmp_path / "b.npz", z=LAYERS)
    shutil.copy(tmp_path / "b.npz", tmp_path / "bytes.npz")
    with zipfile.ZipFile(tmp_path / "bytes.npz", "a") as packed:
        packed.writestr("labels.npy", b"no array")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "b.npz").read_bytes()[:-40])
    (tmp_path / "a.bin").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    for name, message in (
        ("a.npy", "cannot be read as arrays"),
        ("header.npy", "cannot be read as arrays"),
        ("cut.npz", "cannot be read as arrays"),
        ("bytes.npz", "labels has the shape"),
        ("a.bin", "is not read as embeddings"),
        ("empty", "holds no .npy files"),
        ("gone", "is no file and no folder"),
    ):
        with pytest.raises(LrdError, match=message):
            read_brought([tmp_path / name])
