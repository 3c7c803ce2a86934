"""The unit of work: one model on one task, from items to stored numbers."""

from lrd_core.runs.request import MetricRequest, RunReport, RunRequest

__all__ = ["MetricRequest", "RunReport", "RunRequest"]
