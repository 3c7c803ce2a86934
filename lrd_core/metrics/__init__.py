"""Pure metrics: functions from arrays to small frozen results.

Usable without store, models or app. Importing this package does not import torch.
"""

from lrd_core.metrics import knn
from lrd_core.metrics.alikeness import debiased_cka, mutual_knn, procrustes, rsa
from lrd_core.metrics.alpha_req import alpha_req
from lrd_core.metrics.curvature import token_curvature, token_curvature_without
from lrd_core.metrics.dimension import anisotropy, participation_ratio, twonn
from lrd_core.metrics.dominance import TokenNorms, token_norms
from lrd_core.metrics.effective_rank import EffectiveRanks, effective_rank, effective_ranks, rankme
from lrd_core.metrics.entropy import (
    dataset_entropy,
    matrix_entropy,
    prompt_entropy,
    prompt_entropy_without,
)
from lrd_core.metrics.filtration import Gfmi, gfmi
from lrd_core.metrics.grassmann import Frenet, frenet
from lrd_core.metrics.invariance import InfoNCE, dime, infonce, lidar
from lrd_core.metrics.knn import Neighbours, nearest_neighbours
from lrd_core.metrics.registry import (
    Metric,
    Options,
    all_metrics,
    all_series,
    find_metric,
    find_series,
    metric,
    select_metrics,
)
from lrd_core.metrics.retention import Nrs, nrs
from lrd_core.metrics.rows import to_matrices, to_rows
from lrd_core.metrics.series import Card, Mark, Names, Published, Series
from lrd_core.metrics.similarity import cka_matrix, linear_cka
from lrd_core.metrics.sinks import sink_rate
from lrd_core.metrics.token_layer import TokenLayer, token_layer

__all__ = [
    "Card",
    "EffectiveRanks",
    "Frenet",
    "Gfmi",
    "InfoNCE",
    "Mark",
    "Metric",
    "Names",
    "Neighbours",
    "Nrs",
    "Options",
    "Published",
    "Series",
    "TokenLayer",
    "TokenNorms",
    "all_metrics",
    "all_series",
    "alpha_req",
    "anisotropy",
    "cka_matrix",
    "dataset_entropy",
    "debiased_cka",
    "dime",
    "effective_rank",
    "effective_ranks",
    "find_metric",
    "find_series",
    "frenet",
    "gfmi",
    "infonce",
    "knn",
    "lidar",
    "linear_cka",
    "matrix_entropy",
    "metric",
    "mutual_knn",
    "nearest_neighbours",
    "nrs",
    "participation_ratio",
    "procrustes",
    "prompt_entropy",
    "prompt_entropy_without",
    "rankme",
    "rsa",
    "select_metrics",
    "sink_rate",
    "to_matrices",
    "to_rows",
    "token_curvature",
    "token_curvature_without",
    "token_layer",
    "token_norms",
    "twonn",
]
