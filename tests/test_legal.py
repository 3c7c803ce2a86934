"""The licence, and that what names a version or a licence names the same one."""

import tomllib

import yaml

from lrd_core.config import PROJECT_DIR
from lrd_core.version import __version__


def test_the_citation_is_of_this_version_under_this_licence() -> None:
    project = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((PROJECT_DIR / "CITATION.cff").read_text())
    assert citation["version"] == __version__
    assert citation["license"] == project["license"] == "Apache-2.0"
    assert "Apache License" in (PROJECT_DIR / "LICENSE").read_text()
    sources = {one["url"].removeprefix("https://arxiv.org/abs/") for one in citation["references"]}
    assert sources == {"2605.12714", "2502.02013", "2412.09563"}
    for one in (citation, *citation["references"]):
        assert one["title"] and one["authors"]
