"""Uploads: bundles go out and come in again; hostile files are refused and leave nothing."""

import io
import json
import resource
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from lrd_core.actions import archives, uploads
from lrd_core.config import Config
from lrd_core.errors import InputError, JobError
from lrd_core.store import bundle, connect
from lrd_core.store.metric_values import METRIC_VALUES
from lrd_core.store.per_text import PER_TEXT
from lrd_core.store.reading import read_table
from lrd_core.store.scores import SCORES
from tests.example_store import fill, run_record


@pytest.fixture
def source(tmp_path: Path) -> Config:
    other = Config(tmp_path / "other")
    fill(other)
    return other


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return packed.getvalue()


def parquet(**columns: object) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_parquet(buffer)
    return buffer.getvalue()


def test_a_whole_store_comes_back_as_it_was(config: Config, source: Config) -> None:
    report = uploads.import_upload(
        config, "C:\\Users\\me\\my store.zip", uploads.pack_bundle(source)
    )
    assert report.added["runs"] == 8
    assert report.source == "my store"
    with connect(source, read_only=True) as one, connect(config, read_only=True) as two:
        for table in (METRIC_VALUES, PER_TEXT, SCORES):
            assert len(read_table(one, table)) == len(read_table(two, table))


def test_a_selection_holds_its_runs_and_scores_alone(config: Config, source: Config) -> None:
    key = run_record("all-MiniLM-L6-v2").run_key
    bundle = uploads.pack_bundle(source, [key], models=["all-MiniLM-L6-v2"], tasks=["bbc-news"])
    report = uploads.import_upload(config, "part.zip", bundle)
    assert report.added["runs"] == 1
    assert report.added["scores"] == 7


def test_results_of_mteb_as_a_zipped_folder_and_as_a_table(config: Config) -> None:
    result = {
        "task_name": "Banking77Classification",
        "dataset_revision": "x",
        "scores": {"test": [{"hf_subset": "default", "main_score": 0.7}]},
    }
    folder = zipped({"org__model/rev/Banking77Classification.json": json.dumps(result).encode()})
    report = uploads.import_upload(config, "results.zip", folder)
    assert (report.added["scores"], dict(report.skipped)) == (1, {})
    table = b"model,task,score\nall-MiniLM-L6-v2,Banking77Classification,0.8\n"
    assert uploads.import_upload(config, "t.csv", table).added["scores"] == 1


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"../runs.parquet": b""}, "which is no table"),
        ({"a/../../b.json": b"{}"}, "which is no table"),
        ({"/etc/cron.json": b"{}"}, "which is no table"),
        ({"C:\\cron.json": b"{}"}, "which is no table"),
        ({"runs.pkl": b"cos\nsystem\n(S'id'\ntR."}, "which is no table"),
        ({"folder/runs.parquet": b""}, "which is no table"),
        ({"schema_version.parquet": b""}, "which is no table"),
        ({"runs.parquet": b"not parquet"}, "runs.parquet is no Parquet file"),
        ({}, "zip file is empty"),
    ],
)
def test_members_that_are_no_tables_are_refused(
    config: Config, members: dict[str, bytes], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        uploads.import_upload(config, "x.zip", zipped(members))
    assert not config.database.exists()


def put(folder: Path, content: bytes) -> Path:
    path = folder / "x.zip"
    path.write_bytes(content)
    return path


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(archives, "MOST_UNPACKED", 2**20)
    path = put(tmp_path, zipped({"runs.parquet": bytes(4 * 2**20)}))
    with pytest.raises(InputError, match="unpacks to 4 MB; 1 at most"):
        archives.unpack(path, tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


def test_a_zip_that_lies_about_its_size_is_stopped(tmp_path: Path, monkeypatch) -> None:
    honest = zipped({"runs.parquet": bytes(4 * 2**20)})
    lying = honest.replace((4 * 2**20).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != honest
    with pytest.raises(InputError, match=r"more than it says|no zip file that can be read"):
        archives.unpack(put(tmp_path, lying), tmp_path / "folder")
    files = (tmp_path / "folder").rglob("*")
    assert sum(path.stat().st_size for path in files) <= archives.MOST_UNPACKED


def test_names_twice_and_too_many_names(tmp_path: Path, monkeypatch) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("runs.parquet", b"1")
        file.writestr("runs.parquet", b"2")
    with pytest.raises(InputError, match="a name twice"):
        archives.unpack(put(tmp_path, packed.getvalue()), tmp_path)
    monkeypatch.setattr(archives, "MOST_MEMBERS", 1)
    two = put(tmp_path, zipped({"a.json": b"{}", "b.json": b"{}"}))
    with pytest.raises(InputError, match="has 2 members; 1 at most"):
        archives.unpack(two, tmp_path)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"run_key": ["../../x"]}, "run_key '../../x' is not a key of letters"),
        ({"run_key": ["a"], "num_blocks": [10**6]}, "num_blocks '1000000' is not a number of"),
        ({"run_key": ["a"], "mood": ["good"]}, "columns this version does not know"),
        ({"run_key": ["a"], "n": ["many"]}, "do not fit the store"),
    ],
)
def test_strange_tables_are_refused(config: Config, columns: dict, message: str) -> None:
    with pytest.raises(Exception, match=message) as caught:
        uploads.import_upload(config, "x.zip", zipped({"runs.parquet": parquet(**columns)}))
    assert type(caught.value).__module__ == "lrd_core.errors"


def test_other_files_and_large_ones_are_refused(config: Config, monkeypatch) -> None:
    with pytest.raises(InputError, match=r"model\.pkl is no \.zip"):
        uploads.import_upload(config, "../model.pkl", b"")
    with pytest.raises(InputError, match="no zip file that can be read"):
        uploads.import_upload(config, "x.zip", b"PK not really")
    with pytest.raises(InputError, match="is no Parquet file that can be read"):
        uploads.import_upload(config, "x.parquet", b"PAR1 not really")
    monkeypatch.setattr(uploads, "MOST_UPLOADED", 2**20)
    with pytest.raises(InputError, match="has 2 MB, 1 at most"):
        uploads.import_upload(config, "x.csv", bytes(2 * 2**20))


def test_a_reader_that_needs_too_much_is_stopped(config: Config, monkeypatch) -> None:
    monkeypatch.setattr(uploads, "TIME_LIMIT_S", 0.01)
    told = r"took over 0\.01 s and was stopped; scores that were stored by then stay"
    with pytest.raises(InputError, match=told):
        uploads.import_upload(config, "x.csv", b"model,task,score\na,b,1\n")


def test_a_pack_that_someone_waits_for_is_compressed_quickly(
    source: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, levels = bundle._write_parquet, []

    def watched(table: object, path: Path, level: int) -> None:
        levels.append(level)
        write(table, path, level)

    monkeypatch.setattr(bundle, "_write_parquet", watched)
    uploads.pack_bundle(source)
    assert set(levels) == {bundle.QUICK}
    assert bundle.QUICK <= 3  # level 19 takes twenty times as long


def test_many_empty_objects_do_not_fill_the_memory_of_the_app(config: Config) -> None:
    objects = b"[" + b"{}," * (20 * 2**20) + b"{}]"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = uploads.import_upload(config, "x.zip", zipped({"org__model/r/T.json": objects}))
    assert dict(report.skipped) == {"file is too large for a result": 1}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.parquet", parquet()),
        ("x.parquet", parquet(model=["a"], task=["b"], score=[0.5], snapshot=[b"\xff"])),
        ("x.csv", b"model,task,score\na,b\n\xff\xff,1,1\n"),
        ("x.csv", b""),
    ],
    ids=range(4),
)
def test_whatever_a_file_makes_its_reader_raise_is_a_refusal(
    config: Config, name: str, content: bytes
) -> None:
    with pytest.raises(InputError, match=name.split(".")[0]):
        uploads.import_upload(config, name, content)


def test_half_of_a_character_leaves_its_file_out(config: Config) -> None:
    result = b'{"task_name": "\\ud800", "scores": {"test": [{"main_score": 1}]}}'
    report = uploads.import_upload(config, "x.zip", zipped({"a__b/r/T.json": result}))
    assert dict(report.skipped) == {"file holds half of a character (a lone surrogate)": 1}


def test_names_lose_what_could_be_a_path() -> None:
    assert uploads.safe_name("../../etc/pass wd.csv") == "pass wd.csv"
    assert uploads.safe_name("C:\\x\\<b>.zip") == "_b_.zip"
    assert uploads.safe_name("...") == "upload"


def test_a_read_only_installation_imports_nothing(config: Config) -> None:
    locked = Config(config.data_dir, read_only=True)
    with pytest.raises(JobError, match="without LRD_READ_ONLY to import"):
        uploads.import_upload(locked, "x.csv", b"")
