"""LRD Explorer: what every layer of a language model does to its representations."""

__version__ = "0.2.0"
