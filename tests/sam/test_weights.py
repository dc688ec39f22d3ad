"""Where weights are looked for, how they are verified, and how they are fetched."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from automask.errors import ConfigError, WeightsError
from automask.sam import weights as weights_module
from automask.sam.checkpoints import BY_NAME, CHECKPOINTS, Checkpoint
from automask.sam.weights import check, fetch, find, locate, metadata, search_folders

CONTENT = b"weights of a very small model" * 1000


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A loopback server that gives CONTENT for any path; its address and the paths asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT)

        def log_message(self, *_: object) -> None:
            """Silent."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}/", asked
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture(autouse=True)
def only_asked_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No checkpoint that the developer has lying around takes part."""
    monkeypatch.delenv("AUTOMASK_WEIGHTS", raising=False)
    monkeypatch.chdir(tmp_path)


def register(
    monkeypatch: pytest.MonkeyPatch, base_url: str, content: bytes = CONTENT
) -> Checkpoint:
    digest = hashlib.sha256(content).hexdigest()
    row = replace(
        BY_NAME["vit_b"], name="small", file="small.pth", sha256=digest, base_url=base_url
    )
    monkeypatch.setitem(weights_module.BY_NAME, "small", row)
    return row


def test_the_table_has_a_row_for_each_published_checkpoint_and_tiny() -> None:
    assert [c.name for c in CHECKPOINTS] == [
        "tiny", "vit_b", "vit_l", "vit_h",
        "sam2_hiera_tiny", "sam2_hiera_small", "sam2_hiera_base_plus", "sam2_hiera_large",
        "sam2.1_hiera_tiny", "sam2.1_hiera_small", "sam2.1_hiera_base_plus", "sam2.1_hiera_large",
    ]  # fmt: skip


def test_all_hashes_are_sha256_and_differ() -> None:
    hashes = [c.sha256 for c in CHECKPOINTS]
    assert all(len(h) == 64 and set(h) <= set("0123456789abcdef") for h in hashes)
    assert len(set(hashes)) == len(hashes)


def test_the_bundled_weights_are_verified_without_any_setting() -> None:
    weights = locate("tiny")
    assert weights.sha256 == BY_NAME["tiny"].sha256
    assert weights.file.stat().st_size <= 25e6


def test_folders_are_searched_in_the_documented_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AUTOMASK_WEIGHTS", str(tmp_path / "environment"))
    folders = search_folders(tmp_path / "flag")
    assert folders[:3] == [tmp_path / "flag", tmp_path / "environment", Path("weights")]


def test_the_first_folder_that_has_the_file_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    row = register(monkeypatch, "http://127.0.0.1:9/")
    for name in ("flag", "environment"):
        (tmp_path / name).mkdir()
        (tmp_path / name / row.file).write_bytes(CONTENT)
    monkeypatch.setenv("AUTOMASK_WEIGHTS", str(tmp_path / "environment"))
    assert find(row) == tmp_path / "environment" / row.file
    assert find(row, tmp_path / "flag") == tmp_path / "flag" / row.file


def test_missing_weights_name_the_folders_and_the_command(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"looked in(.|\n)*automask fetch vit_b") as caught:
        locate("vit_b", weights=tmp_path / "mine")
    assert str(tmp_path / "mine") in str(caught.value)


def test_a_file_with_another_hash_is_never_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    row = register(monkeypatch, "http://127.0.0.1:9/")
    (tmp_path / row.file).write_bytes(CONTENT[:-1])
    with pytest.raises(WeightsError, match="was not loaded"):
        locate("small", weights=tmp_path)
    assert check(row, tmp_path) == (tmp_path / row.file, "damaged")


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'vit_x'; known: tiny, vit_b"):
        locate("vit_x")


def test_a_checkpoint_by_path_needs_its_architecture(tmp_path: Path) -> None:
    (tmp_path / "mine.pth").write_bytes(CONTENT)
    with pytest.raises(ConfigError, match="needs --arch"):
        locate(str(tmp_path / "mine.pth"))


def test_a_checkpoint_by_path_is_hashed_for_the_record(tmp_path: Path) -> None:
    (tmp_path / "mine.pth").write_bytes(CONTENT)
    weights = locate(str(tmp_path / "mine.pth"), arch="vit_b")
    assert weights.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert weights.checkpoint.arch == "vit_b"


def test_a_checkpoint_by_path_that_is_missing_is_a_weights_error(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="does not exist"):
        locate(str(tmp_path / "mine.pth"), arch="vit_b")


def tensors_with(file: Path, notes: dict[str, str] | None) -> str:
    """A safetensors file with these notes in its head; its path as it is given for --model."""
    save_file({"a": np.zeros(1, np.float32)}, file, notes)
    return str(file)


def test_a_safetensors_file_says_itself_which_architecture_it_has(tmp_path: Path) -> None:
    weights = locate(tensors_with(tmp_path / "mine.safetensors", {"arch": "sam2.1_hiera_tiny"}))
    assert weights.checkpoint == BY_NAME["sam2.1_hiera_tiny"]
    assert weights.file == tmp_path / "mine.safetensors"


@pytest.mark.parametrize("notes", [None, {"tuned_on": "20"}], ids=["no notes", "other notes"])
def test_a_safetensors_file_that_does_not_say_is_tiny(
    tmp_path: Path, notes: dict[str, str] | None
) -> None:
    weights = locate(tensors_with(tmp_path / "mine.safetensors", notes))
    assert weights.checkpoint == BY_NAME["tiny"]


def test_an_architecture_that_is_given_wins_over_the_files(tmp_path: Path) -> None:
    file = tensors_with(tmp_path / "mine.safetensors", {"arch": "vit_b"})
    assert locate(file, arch="vit_l").checkpoint == BY_NAME["vit_l"]


def test_an_unknown_architecture_in_a_file_lists_the_known_ones(tmp_path: Path) -> None:
    file = tensors_with(tmp_path / "mine.safetensors", {"arch": "vit_x"})
    with pytest.raises(ConfigError, match=r"'vit_x'; known: tiny, vit_b"):
        locate(file)


@pytest.mark.parametrize("content", [CONTENT, b""], ids=["something else", "empty"])
def test_a_file_that_is_no_safetensors_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match=r"mine\.safetensors is not a readable safetensors file"):
        locate(str(tmp_path / "mine.safetensors"))


def test_metadata_are_the_notes_in_the_head_of_the_file(tmp_path: Path) -> None:
    notes = {"arch": "vit_b", "tuned_on": "20"}
    tensors_with(tmp_path / "mine.safetensors", notes)
    assert metadata(tmp_path / "mine.safetensors") == notes


def test_a_file_without_notes_has_empty_metadata(tmp_path: Path) -> None:
    tensors_with(tmp_path / "mine.safetensors", None)
    assert metadata(tmp_path / "mine.safetensors") == {}


def test_fetch_downloads_verifies_and_leaves_no_other_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    row = register(monkeypatch, server[0])
    assert fetch("small", tmp_path / "w").read_bytes() == CONTENT
    assert server[1] == ["/small.pth"]
    assert [p.name for p in (tmp_path / "w").iterdir() if p.suffix != ".lock"] == [row.file]


def test_fetch_of_what_is_there_asks_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    register(monkeypatch, server[0])
    fetch("small", tmp_path)
    fetch("small", tmp_path)
    assert len(server[1]) == 1


def test_fetch_verifies_the_bundled_weights_too(tmp_path: Path) -> None:
    (tmp_path / "automask_tiny.safetensors").write_bytes(b"cut short")
    with pytest.raises(WeightsError, match="is damaged or not the tiny checkpoint"):
        fetch("tiny", tmp_path)


def test_a_folder_that_takes_no_file_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    register(monkeypatch, server[0])
    (tmp_path / "a file").touch()
    with pytest.raises(WeightsError, match=r"cannot write into .*a file"):
        fetch("small", tmp_path / "a file")


def test_tasks_that_start_together_share_one_download(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    register(monkeypatch, server[0])
    tasks = [threading.Thread(target=fetch, args=("small", tmp_path)) for _ in range(8)]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    assert (tmp_path / "small.pth").read_bytes() == CONTENT
    assert len(server[1]) == 1


def test_a_download_with_another_hash_gets_no_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    register(monkeypatch, server[0], content=b"something else")
    with pytest.raises(WeightsError, match="another SHA-256"):
        fetch("small", tmp_path)
    assert not (tmp_path / "small.pth").exists()


def test_without_a_network_one_error_says_how_to_do_it_by_hand(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    row = register(monkeypatch, "http://127.0.0.1:9/")  # the discard port: nobody listens
    with pytest.raises(WeightsError) as caught:
        fetch("small", tmp_path)
    message = str(caught.value)
    for needed in (row.url, row.file, str(tmp_path), row.sha256):
        assert str(needed) in message
