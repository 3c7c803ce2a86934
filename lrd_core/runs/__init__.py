"""The unit of work: one model on one task, from items to stored numbers."""

from lrd_core.runs.request import MetricRequest, RunReport, RunRequest
from lrd_core.settings import RunSettings

__all__ = ["MetricRequest", "RunReport", "RunRequest", "RunSettings"]
