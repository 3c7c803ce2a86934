"""LRD Explorer: what every layer of a language model does to its representations."""

from lrd_core.version import __version__

__all__ = ["__version__"]
