"""A visitor's file of embeddings: what is kept, and what is refused before it is."""

import pytest

from lrd_core.actions.own_embeddings import payload_of, start_bringing
from lrd_core.bringing.request import brought_folder
from lrd_core.config import Config
from lrd_core.errors import LrdError


def test_the_file_waits_under_its_content_for_one_job(config: Config, monkeypatch) -> None:
    monkeypatch.setattr("lrd_core.actions.work.ensure_worker", lambda _: True)
    payload = payload_of("../My states.NPZ", b"content", "mine", "")
    assert payload == payload_of("other.npz", b"content", "mine", "")
    job = start_bringing(config, payload, b"content")
    assert start_bringing(config, payload, b"content").id == job.id
    assert (brought_folder(config) / payload["file"]).read_bytes() == b"content"


def test_what_cannot_be_brought_is_said_before_anything_is_kept(config: Config) -> None:
    with pytest.raises(LrdError, match=r"a.pt is not read as embeddings; give .npy, .npz"):
        payload_of("a.pt", b"", "mine", "")
    with pytest.raises(LrdError, match="a model of the registry"):
        payload_of("a.npy", b"", "all-MiniLM-L6-v2", "")
    closed = Config(config.data_dir, read_only=True)
    with pytest.raises(LrdError, match=r"read-only|only shows"):
        start_bringing(closed, payload_of("a.npy", b"", "mine", ""), b"")
    assert not brought_folder(config).exists()
