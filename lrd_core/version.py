"""The version of this program: stored with every result, told by `--version`."""

__version__ = "0.3.0"
