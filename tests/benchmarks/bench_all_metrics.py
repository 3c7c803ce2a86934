"""Every metric of both papers against a bare forward pass over the same texts and views.

MiniLM on BBC news, two augmented views a text (q = 2). The bare side sorts by length, cuts by the
same token budget and pools the last layer, nothing else; it goes over the texts and their views,
because InfoNCE, DiME and LiDAR need those embedded whatever measures them.

Run: python -m tests.benchmarks.bench_all_metrics [n_texts]
"""

import sys
import tempfile
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a plain script

from lrd_core.config import Config
from lrd_core.models.load import load_model
from lrd_core.models.loading import Loading
from lrd_core.runs import RunRequest
from lrd_core.runs.execute import execute_run
from lrd_core.settings import RunSettings
from lrd_core.tasks import load_task
from lrd_core.tasks.augment import augment
from tests.benchmarks.bare_pass import bare
from tests.benchmarks.ratios import tell

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


def main(n: int) -> None:
    loaded = load_model(MODEL, device="cpu", max_length=LENGTH)
    texts = list(load_task(TASK, n, 0).items)
    views = [augment(text, 0, view) for text in texts for view in range(VIEWS)]
    bare(loaded, texts[:64], LENGTH)
    forward = bare(loaded, texts, LENGTH) + bare(loaded, views, LENGTH)
    sampled = [f"{name}:q={VIEWS}:n_texts={n}" for name in ("infonce", "dime", "lidar")]
    with tempfile.TemporaryDirectory() as folder:
        request = RunRequest(MODEL, TASK, (*WHOLE, *sampled), RunSettings(n=n, max_length=LENGTH))
        report = execute_run(request, config=Config(data_dir=Path(folder)), loading=Loading("cpu"))
    print(f"{len(texts)} texts, {len(views)} views, {torch.get_num_threads()} threads")
    print(f"bare forward pass        {forward:7.1f} s")
    print(f"{len(report.computed)} metrics, all layers {report.seconds:10.1f} s")
    tell(
        f"{len(report.computed)} metrics of every layer", report.seconds / forward, "the bare pass"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
