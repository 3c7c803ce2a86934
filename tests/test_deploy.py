"""What deploy/ says is so, as far as it can be told without building an image."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from lrd_core.cli import build_parser

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
PROXY = (DEPLOY / "nginx.conf.template").read_text(encoding="utf-8")
READERS = [ROOT / "lrd_core" / name for name in ("config.py", "cli/app.py")]
CODE = "".join(path.read_text(encoding="utf-8") for path in READERS)
MADE_BY_THE_OWNER = {"./users", "./certificates"}


def copied() -> list[str]:
    lines = re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


@pytest.mark.parametrize("source", copied())
def test_what_the_image_takes_is_there_and_not_held_back(source: str) -> None:
    assert (ROOT / source).exists()
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert source not in ignored
    assert "!data/demo" in ignored or not source.startswith("data/")


def test_the_image_takes_all_that_the_wheel_is_made_of() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    forced = re.findall(r'^"([^"]+)" = "lrd_explorer_app/', pyproject, re.MULTILINE)
    assert len(forced) == 4
    for source in (*forced, "lrd_core", "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        assert any(source == one or source.startswith(f"{one}/") for one in copied()), source


def test_the_image_starts_the_app_with_options_that_it_has() -> None:
    (command,) = re.findall(r"^CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)
    shell, flag, line = json.loads(command)
    assert (shell, flag) == ("sh", "-c")
    words = shlex.split(re.sub(r"\$\{LRD_PUBLIC_NAME:.+\}", "lrd.example.org", line))
    assert words[:2] == ["exec", "lrd"]
    asked = build_parser().parse_args(words[2:])
    assert (asked.port, asked.public_name) == (8501, ["lrd.example.org"])
    assert re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE) == [str(asked.port)]


def test_the_image_runs_as_a_user_without_rights() -> None:
    (user,) = re.findall(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE)
    assert user != "0" and f"useradd --create-home --uid {user} lrd" in DOCKERFILE
    assert "chown lrd /data" in DOCKERFILE and "VOLUME /data" in DOCKERFILE


def test_the_image_asks_the_app_itself_whether_it_is_well() -> None:
    (command,) = re.findall(r"^HEALTHCHECK .*?CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)
    program, flag, code = json.loads(command)
    assert (program, flag) == ("python", "-c")
    (port,) = re.findall(r"127\.0\.0\.1:(\d+)/_stcore/health", code)
    assert re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE) == [port]
    compile(code, "HEALTHCHECK", "exec")


def test_only_the_proxy_has_ports_and_it_asks_for_a_password() -> None:
    app, proxy = COMPOSE["services"]["app"], COMPOSE["services"]["proxy"]
    assert "ports" not in app and proxy["ports"]
    assert (DEPLOY / app["build"]["context"] / app["build"]["dockerfile"]).is_file()
    assert PROXY.count("auth_basic_user_file") == PROXY.count("proxy_pass") == 1
    assert "proxy_pass http://app:8501;" in PROXY and "Upgrade $http_upgrade" in PROXY
    mounted = dict(volume.split(":")[:2] for volume in proxy["volumes"])
    for source in set(mounted) - MADE_BY_THE_OWNER:
        assert (DEPLOY / source).exists(), source
    for path in re.findall(r"(/etc/nginx/[\w./-]+);", PROXY):
        assert any(path.startswith(inside) for inside in mounted.values()), path


def test_the_space_is_read_only_and_listens_where_it_says() -> None:
    text = (DEPLOY / "space" / "README.md").read_text(encoding="utf-8")
    told = yaml.safe_load(text.split("---")[1])
    assert (told["sdk"], told["app_port"], told["license"]) == ("docker", 8501, "apache-2.0")
    assert "LRD_READ_ONLY" in text and "SPACE_HOST" in DOCKERFILE


def test_every_variable_of_ours_is_one_that_is_read() -> None:
    read = set(re.findall(r"LRD_\w+", CODE)) | {"LRD_PUBLIC_NAME"}
    for path in [path for path in DEPLOY.rglob("*") if path.is_file()]:
        assert set(re.findall(r"LRD_[A-Z_]+", path.read_text(encoding="utf-8"))) <= read, path
