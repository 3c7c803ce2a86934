"""Every metric of both papers against a bare forward pass over the same texts and views.

MiniLM on BBC news, two augmented views a text (q = 2). The bare side sorts by length, cuts by the
same token budget and pools the last layer, nothing else; it goes over the texts and their views,
because InfoNCE, DiME and LiDAR need those embedded whatever measures them.

Run: python -m tests.benchmarks.bench_all_metrics [n_texts]
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from lrd_core.config import Config
from lrd_core.extraction.batching import batches, pad, tokenise
from lrd_core.extraction.hidden_states import TOKEN_BUDGET
from lrd_core.extraction.inputs import pad_id
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.runs import RunRequest
from lrd_core.runs.execute import execute_run
from lrd_core.settings import RunSettings
from lrd_core.tasks import load_task
from lrd_core.tasks.augment import augment

MODEL, TASK, VIEWS = "all-MiniLM-L6-v2", "bbc-news", 2
LENGTH = 256
WHOLE = (
    "frenet",
    "nrs",
    "gfmi",
    "prompt_entropy",
    "dataset_entropy",
    "effective_rank",
    "token_curvature",
)


def bare(loaded: LoadedModel, texts: list[str]) -> float:
    """Seconds of tokenising and one forward pass with mean pooling of the last layer."""
    started = time.perf_counter()
    ids = tokenise(loaded.tokenizer, texts, LENGTH)
    lengths = np.array([len(row) for row in ids])
    for batch in batches(lengths, TOKEN_BUDGET["cpu"]):
        tokens, mask = pad([ids[index] for index in batch], pad_id(loaded))
        with torch.inference_mode():
            last = loaded.model(input_ids=tokens, attention_mask=mask).last_hidden_state
            _ = (last * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
    return time.perf_counter() - started


def main(n: int) -> None:
    loaded = load_model(MODEL, device="cpu", max_length=LENGTH)
    texts = list(load_task(TASK, n, 0).items)
    views = [augment(text, 0, view) for text in texts for view in range(VIEWS)]
    bare(loaded, texts[:64])
    forward = bare(loaded, texts) + bare(loaded, views)
    sampled = [f"{name}:q={VIEWS}:n_texts={n}" for name in ("infonce", "dime", "lidar")]
    with tempfile.TemporaryDirectory() as folder:
        request = RunRequest(MODEL, TASK, (*WHOLE, *sampled), RunSettings(n=n, max_length=LENGTH))
        report = execute_run(request, config=Config(data_dir=Path(folder)), device="cpu")
    print(f"{len(texts)} texts, {len(views)} views, {torch.get_num_threads()} threads")
    print(f"bare forward pass        {forward:7.1f} s")
    print(f"{len(report.computed)} metrics, all layers {report.seconds:10.1f} s")
    print(f"ratio {report.seconds / forward:.2f}x")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
