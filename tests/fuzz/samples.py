"""Small sound files of every kind that is read, which the fuzz damages."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def parquet(columns: dict[str, list[Any]]) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_parquet(buffer)
    return buffer.getvalue()


PAIRS = 'sentence1\tsentence2\tscore\n"We will, he said.\ta b\t4.5\nc\td\t1\ne\tf"\t0.2\n'
CLASSES = 'text,label\n"one, two",1\nthree,2\n"say ""four""",1\nfive,2\n'
SEARCH = {
    "corpus.jsonl": b'{"_id": "d1", "title": "T", "text": "first"}\n{"_id": "d2", "text": "x"}\n',
    "queries.jsonl": b'{"_id": "q1", "text": "which?"}\n',
    "qrels/test.tsv": b"query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\n",
}
TOML = b'name = "mails"\ntype = "classification"\noverlap = "leave out"\n[columns]\ntext = "text"\n'

TASKS: dict[str, dict[str, bytes]] = {
    "pairs": {"test.tsv": PAIRS.encode()},
    "classes": {
        "train.csv": CLASSES.encode(),
        "test.csv": CLASSES.replace("five", "six").encode(),
        "task.toml": TOML,
    },
    "search": SEARCH,
    "sets": {
        "test.jsonl": b'{"sentences": ["a", "b"], "labels": ["x", "y"], "n": 1}\n',
        "task.toml": b'type = "clustering"\n[files]\ntest = "test.jsonl"\n',
    },
    "reranking": {"test.jsonl": b'{"query": "q", "positive": ["yes"], "negative": ["no"]}\n'},
    "parquet": {"test.parquet": parquet({"text": ["a", "b"], "label": ["x", "y"], "n": [1, 2]})},
    "lines": {"notes.txt": "one\n\n two \nthree é\n".encode()},
}

OLD = {
    "mteb_dataset_name": "TwitterURLCorpus",
    "mteb_version": "1.0.2",
    "dataset_revision": "r",
    "test": {"cos_sim": {"ap": 0.8, "f1": 0.7}, "max": {"ap": 0.81}, "evaluation_time": 3},
}
NEW = {
    "task_name": "STS17",
    "mteb_version": "1.14.20",
    "dataset_revision": "r",
    "scores": {"test": [{"hf_subset": "en-en", "main_score": 0.5, "cosine_spearman": 0.5}]},
}
METRICS: dict[str, list[Any]] = {
    "family": ["Pythia"] * 7,
    "size": ["70m"] * 7,
    "revision": ["main"] * 7,
    "dataset": ["mteb/emotion"] * 7,
    "split": ["test"] * 7,
    "metric_name": ["dime"] * 7,
    "normalisation": ["raw"] * 7,
    "n_layers": [7] * 7,
    "layer": list(range(7)),
    "value": [0.1, 0.2, 0.3, None, 0.5, 0.6, 0.7],
}

RESULTS: dict[str, tuple[str, bytes]] = {
    "old result": ("org__model/r1/T.json", json.dumps(OLD).encode()),
    "new result": ("org__model/r1/T.json", json.dumps(NEW).encode()),
    "long table": (
        "t.csv",
        b"Model,Task,Layer,Score,revision\ngpt2,SciFact,3,65.1,main\na/b,STS17,,64,0e1\n",
    ),
    "wide table": (
        "t.csv",
        b",Model,SciFact,Mean,STS17\n0,[a](https://huggingface.co/a/b),1.5,2,3\n",
    ),
    "tsv table": ("t.tsv", b'model\ttask\tscore\nm\tMMLU\t0.25\n"x\tMMLU\t0.5\n'),
    "parquet table": (
        "t.parquet",
        parquet({"model": ["a"], "task": ["STS17"], "score": [0.5], "layer": [3.0]}),
    ),
    "metric table": ("t.parquet", parquet(METRICS)),
}


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def _npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


_VECTORS = [[0.1, 0.2], [0.3, 0.1], [0.5, 0.9]]

BROUGHT: dict[str, bytes] = {
    "layers.npy": _npy(np.arange(24, dtype="float32").reshape(3, 4, 2)),
    "one.npz": _npz(layer_0=np.eye(3), layer_1=np.ones((3, 2)), labels=np.array(["a", "b", "a"])),
    "t.parquet": parquet({"text": ["a", "b", "c"], "layer_0": _VECTORS, "layer_1": _VECTORS}),
    "t.csv": b'text,label,layer_0\na,x,"[0.1, 0.2]"\nb,y,"[0.3, 0.4]"\nc,x,"[1, 2]"\n',
    "t.jsonl": b'{"text": "a", "layer_0": [1, 2]}\n{"text": "b", "layer_0": [3, 4]}\n',
}
"""Embeddings that exist already, by file name."""

SCENE = {
    "scenes": [
        {"title": "A view", "text": "What it shows.", "page": "depth", "query": {"axis": ["Layer"]}}
    ]
}

KEPT: dict[str, bytes] = {
    "favourites.json": b'{"models": ["gpt2"], "tasks": ["bbc-news"]}',
    "task_paths.json": b'{"mails": "/tmp/mails"}',
    "scenes/a.json": json.dumps(SCENE).encode(),
    "tasks/mine/.entry.json": b'{"reading": 1, "stamp": [], "fault": "", "spec": null}',
    "bundled.txt": b"1\n",
}
"""Small files beside the store, which other programs, other versions and crashes leave changed."""


def write(root: Path, files: Mapping[str, bytes]) -> Path:
    """Put files below a folder; returns it."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root
