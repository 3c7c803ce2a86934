"""Scene files: what is accepted, what is refused and how, saving and forgetting."""

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from lrd_core.actions import scenes
from lrd_core.actions.scenes import Scene
from lrd_core.config import PROJECT_DIR, Config
from lrd_core.errors import InputError, JobError

SCENE = Scene("A title", "Two sentences. Here.", "depth", {"models": ("a & b", "c"), "axis": ("",)})


def test_a_scene_file_comes_back_as_it_was() -> None:
    assert scenes.parse_scenes(scenes.scenes_json([SCENE])) == (SCENE,)


def test_the_address_names_the_view_the_scene_and_presenting() -> None:
    parts = urlsplit(SCENE.address())
    assert parts.path == "depth"
    query = parse_qs(parts.query, keep_blank_values=True)
    assert query["models"] == ["a & b", "c"]
    assert (query["present"], query["scene"]) == (["true"], [SCENE.key])
    assert replace(SCENE, page="overview").address().startswith("?")


def test_a_view_becomes_a_scene_without_the_frame_own_parameters() -> None:
    made = scenes.new_scene(
        " A  title ", "", "data", {"rows": ["Runs"], "present": ["true"], "scene": ["x"]}
    )
    assert made == Scene("A title", "", "data", {"rows": ("Runs",)})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not json", "the file is not JSON"),
        ("[" * 100_000, "the file is not JSON"),
        ("[]", "a list of 1 to 60 scenes"),
        ('{"scenes": 3}', "a list of 1 to 60 scenes"),
        (json.dumps([{"title": "x"}]), "scene 1 needs a title and a page"),
        (json.dumps([{"title": " ", "page": "depth"}]), "scene 1 has an empty title"),
        (json.dumps([{"title": "x" * 121, "page": "depth"}]), "is not a text of 120 characters"),
        (json.dumps([{"title": 3, "page": "depth"}]), "the title of scene 1 is not a text"),
        (
            json.dumps([{"title": "x", "page": "../etc"}]),
            r"on the page '\.\./etc'; known: overview",
        ),
        (json.dumps([{"title": "x", "page": "//evil.example"}]), "on the page '//evil.example'"),
        (json.dumps([{"title": "x", "page": "depth", "query": {"a b": "c"}}]), "has 'a b'"),
        (json.dumps([{"title": "x", "page": "depth", "query": {"a": {"b": 1}}}]), "has 'a'"),
        (json.dumps([{"title": "x", "page": "depth", "query": []}]), "the query of scene 1"),
        ("x" * 300_000, "256 KB at most"),
        ('[{"title": "\\ud800", "page": "depth"}]', "title of scene 1 is not a text of 120"),
        ('[{"title": "x", "text": "\\u0007", "page": "depth"}]', "text of scene 1 is not a text"),
        ('[{"title": "x", "page": "depth", "query": {"a": "\\udfff"}}]', "scene 1 has 'a'"),
        ('[{"title": "x", "page": "depth", "query": {"a": ["\\u0000"]}}]', "scene 1 has 'a'"),
        ("\udc80", "the file is not JSON"),
    ],
)
def test_what_is_no_scene_file_is_refused(content: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        scenes.parse_scenes(content)


def test_saved_scenes_follow_the_bundled_ones_and_can_be_forgotten(config: Config) -> None:
    bundled = len(scenes.load_scenes(config))
    scenes.save_scenes(config, [SCENE, replace(SCENE, title="Another")])
    scenes.save_scenes(config, [SCENE])
    loaded = scenes.load_scenes(config)
    assert len(loaded) == bundled + 2
    own = [scene for scene in loaded if scene.own]
    assert [scene.title for scene in own] == ["Another", "A title"]  # saved again just now
    for scene in own:
        scenes.delete_scene(config, scene)
    assert len(scenes.load_scenes(config)) == bundled


def test_a_broken_file_hides_no_other(config: Config) -> None:
    scenes.save_scenes(config, [SCENE])
    (config.data_dir / "scenes" / "broken.json").write_text("{")
    assert SCENE.title in [scene.title for scene in scenes.load_scenes(config)]


def test_a_read_only_installation_keeps_none(config: Config) -> None:
    locked = replace(config, read_only=True)
    with pytest.raises(JobError, match="without LRD_READ_ONLY to save scenes"):
        scenes.save_scenes(locked, [SCENE])
    with pytest.raises(JobError, match="without LRD_READ_ONLY to delete scenes"):
        scenes.delete_scene(locked, SCENE)


def test_bundled_scenes_name_controls_that_their_pages_have() -> None:
    path = PROJECT_DIR / "data" / "demo" / "scenes.json"
    found = scenes.parse_scenes(path.read_bytes())
    assert len(found) == 7
    pages = [*(PROJECT_DIR / "pages").rglob("*.py")]
    source = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    for scene in found:
        assert (PROJECT_DIR / "pages" / f"{scene.page}.py").exists()
        assert len(scene.text.split(". ")) == 2, scene.title
        for key in scene.query:
            assert f'key="{key}"' in source, (scene.title, key)
