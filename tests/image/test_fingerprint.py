"""fingerprint: the same for the same bytes."""

from __future__ import annotations

from pathlib import Path

from automask.image.fingerprint import CHUNK, fingerprint


def test_the_hash_is_xxh3_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert fingerprint(tmp_path / "a") == "99aa06d3014798d86001c324468d497f"  # XXH128 of nothing


def test_a_changed_byte_changes_it_also_behind_the_first_chunk(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * (CHUNK + 9))
    (tmp_path / "b").write_bytes(b"x" * (CHUNK + 8) + b"y")
    (tmp_path / "c").write_bytes(b"x" * (CHUNK + 9))
    a, b, c = (fingerprint(tmp_path / name) for name in "abc")
    assert a == c != b
