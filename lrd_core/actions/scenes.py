"""Scenes: addressed views with a title and two sentences, for presenting. Plain data, no code."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import urlencode

from lrd_core.config import Config
from lrd_core.disk import whole_file
from lrd_core.errors import InputError
from lrd_core.views import pages

MOST_BYTES = 256 * 1024
MOST_SCENES = 60
MOST_KEYS = 80
MOST_VALUES = 400
LONGEST_VALUE = 4000

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")
_OF_THE_FRAME = frozenset(("scene", "present"))


@dataclass(frozen=True)
class Scene:
    """One view. query: what its address says, as parameter -> values. own: saved by a visitor."""

    title: str
    text: str
    page: str
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: bool = False

    @property
    def key(self) -> str:
        """Names the scene in an address, whatever scenes are before it."""
        content = json.dumps(_as_json(self), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:10]

    def address(self) -> str:
        """Path and query below the app's own address, in presenting mode."""
        query = {**self.query, "present": ("true",), "scene": (self.key,)}
        path = "" if self.page == pages.PAGES[0].name else self.page
        return f"{path}?{urlencode(query, doseq=True)}"


def parse_scenes(content: str | bytes) -> tuple[Scene, ...]:
    """The scenes in a scene file.

    Raises: InputError that says which scene is wrong and what was expected.
    """
    if len(content) > MOST_BYTES:
        raise InputError(f"a scene file has {MOST_BYTES // 1024} KB at most")
    try:
        listed = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the file is not JSON ({error}); choose a scene file") from error
    if isinstance(listed, dict):
        listed = listed.get("scenes")
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_SCENES:
        raise InputError(f"a scene file holds a list of 1 to {MOST_SCENES} scenes")
    return tuple(_scene(number, entry) for number, entry in enumerate(listed, start=1))


def scenes_json(scenes: Sequence[Scene]) -> str:
    """A scene file that `parse_scenes` reads."""
    return json.dumps({"scenes": [_as_json(scene) for scene in scenes]}, indent=2) + "\n"


def load_scenes(config: Config) -> tuple[Scene, ...]:
    """The bundled scenes, then those that visitors saved, the newest last.

    Files that are broken are left out.
    """
    bundled = config.demo_dir / "scenes.json"
    found = list(parse_scenes(bundled.read_bytes())) if bundled.exists() else []
    saved = {path: path.stat().st_mtime_ns for path in _folder(config).glob("*.json")}
    for path in sorted(saved, key=lambda path: (saved[path], path.name)):
        try:
            scenes = parse_scenes(path.read_bytes())
        except (InputError, OSError):
            continue
        found += [Scene(s.title, s.text, s.page, s.query, own=True) for s in scenes]
    return tuple({scene.key: scene for scene in found}.values())


def new_scene(title: str, text: str, page: str, query: Mapping[str, Sequence[str]]) -> Scene:
    """A scene of a view, checked like one of a file.

    Raises: InputError for a title that is empty or too long, and what else a file may not have.
    """
    kept = {key: list(values) for key, values in query.items() if key not in _OF_THE_FRAME}
    return _scene(1, {"title": title, "text": text, "page": page, "query": kept})


def save_scenes(config: Config, scenes: Sequence[Scene]) -> None:
    """Keep scenes below the data folder, one file each.

    Raises: JobError on a read-only installation; InputError when there are too many; StoreError
    when they cannot be written.
    """
    config.refuse_read_only("save scenes")
    folder = _folder(config)
    kept = {path.stem for path in folder.glob("*.json")} | {scene.key for scene in scenes}
    if len(kept) > MOST_SCENES:
        raise InputError(f"{MOST_SCENES} scenes are kept at most; delete some first")
    for scene in scenes:
        with whole_file(folder / f"{scene.key}.json") as partial:
            partial.write_text(scenes_json([scene]), encoding="utf-8")


def delete_scene(config: Config, scene: Scene) -> None:
    """Forget a scene that was saved here; bundled ones stay.

    Raises: JobError on a read-only installation.
    """
    config.refuse_read_only("delete scenes")
    (_folder(config) / f"{scene.key}.json").unlink(missing_ok=True)


def _folder(config: Config) -> Path:
    return config.data_dir / "scenes"


def _as_json(scene: Scene) -> dict[str, Any]:
    query = {key: list(values) for key, values in scene.query.items()}
    return {"title": scene.title, "text": scene.text, "page": scene.page, "query": query}


def _scene(number: int, entry: object) -> Scene:
    if not isinstance(entry, dict) or not {"title", "page"} <= set(entry):
        raise InputError(f"scene {number} needs a title and a page")
    title = _words(number, "title", entry["title"], 120)
    if not title:
        raise InputError(f"scene {number} has an empty title; give it a few words")
    known = [page.name for page in pages.PAGES]
    if entry["page"] not in known:
        page = str(entry["page"])[:40]
        raise InputError(f"scene {number} is on the page {page!r}; known: {', '.join(known)}")
    text = _words(number, "text", entry.get("text", ""), 600)
    return Scene(title, text, entry["page"], _query(number, entry.get("query", {})))


def _words(number: int, name: str, value: object, most: int) -> str:
    if not _is_text(value, most):
        raise InputError(
            f"the {name} of scene {number} is not a text of {most} characters at most, without "
            "control characters"
        )
    return " ".join(value.split())


def _is_text(value: object, most: int) -> TypeGuard[str]:
    # Half a surrogate pair passes JSON and str, and fails when the page is sent to the browser.
    return (
        isinstance(value, str)
        and len(value) <= most
        and not any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\r\n" for c in value)
    )


def _query(number: int, query: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(query, dict) or len(query) > MOST_KEYS:
        raise InputError(f"the query of scene {number} is not an object of {MOST_KEYS} at most")
    checked = {}
    for key, values in query.items():
        values = [values] if isinstance(values, str) else values
        sound = (
            _KEY.fullmatch(key) is not None
            and isinstance(values, list)
            and len(values) <= MOST_VALUES
            and all(_is_text(value, LONGEST_VALUE) for value in values)
        )
        if not sound:
            raise InputError(
                f"the query of scene {number} has {str(key)[:40]!r}; expected a parameter's name "
                "with a text or a list of texts"
            )
        if key not in _OF_THE_FRAME:
            checked[key] = tuple(values)
    return checked
