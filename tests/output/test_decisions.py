"""The store of decisions: appended to, never rewritten, the last line of an image counts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from automask.output import decisions
from automask.output.decisions import (
    Decision,
    DecisionLog,
    append_decision,
    append_decisions,
    decisions_file,
    read_decisions,
    read_history,
)


def test_an_output_that_nobody_looked_at_has_no_decision(tmp_path: Path) -> None:
    assert read_decisions(tmp_path) == {}
    assert not decisions_file(tmp_path).parent.exists()


def test_a_decision_comes_back_as_it_was(tmp_path: Path) -> None:
    decision = Decision(
        "sub/a.jpg",
        "corrected",
        reviewer="Ada",
        prompts=({"points": [[10.0, 20.5, 1]], "box": None},),
        strokes=({"tool": "brush", "radius_px": 8, "points": [[1, 2], [3, 4]]},),
        seconds=4.25,
        files={"trimaps/sub/a.png": "ab" * 32},
        queue="confidence",
        source="review",
        token="t1",
        decided_at="2024-05-01T10:00:00.000+00:00",
    )
    append_decision(tmp_path, decision)
    assert read_decisions(tmp_path) == {"sub/a.jpg": decision}


def test_the_last_decision_of_an_image_counts_and_all_are_kept(tmp_path: Path) -> None:
    for image, verdict in (("a.jpg", "unsure"), ("b.jpg", "accepted"), ("a.jpg", "rejected")):
        append_decision(tmp_path, Decision(image, verdict))
    newest = {image: decision.verdict for image, decision in read_decisions(tmp_path).items()}
    assert newest == {"a.jpg": "rejected", "b.jpg": "accepted"}
    assert [d.verdict for d in read_history(tmp_path)] == ["unsure", "accepted", "rejected"]


def test_a_decision_is_given_its_time(tmp_path: Path) -> None:
    written = append_decision(tmp_path, Decision("a.jpg", "accepted"))
    assert written.decided_at.endswith("+00:00")
    assert read_decisions(tmp_path)["a.jpg"] == written


def test_a_verdict_that_is_none_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    both = [Decision("a.jpg", "accepted"), Decision("b.jpg", "perfect")]
    with pytest.raises(ValueError, match="not 'perfect'"):
        append_decisions(tmp_path, both)
    assert read_decisions(tmp_path) == {}


@pytest.mark.parametrize(
    ("verdict", "is_settled", "is_usable"),
    [
        ("accepted", True, True),
        ("corrected", True, True),
        ("no_object", True, True),
        ("rejected", True, False),
        ("unsure", False, False),
    ],
)
def test_what_a_verdict_means(verdict: str, is_settled: bool, is_usable: bool) -> None:
    decision = Decision("a.jpg", verdict)
    assert (decision.is_settled, decision.is_usable) == (is_settled, is_usable)


def test_a_line_that_a_kill_tore_costs_no_other(tmp_path: Path) -> None:
    append_decision(tmp_path, Decision("a.jpg", "accepted"))
    with decisions_file(tmp_path).open("ab") as store:
        store.write(b'{"image": "b.jpg", "verd')
    append_decision(tmp_path, Decision("c.jpg", "rejected"))
    assert list(read_decisions(tmp_path)) == ["a.jpg", "c.jpg"]


def test_what_other_versions_wrote_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    file = decisions_file(tmp_path)
    file.parent.mkdir()
    lines = [
        json.dumps({"image": "a.jpg", "verdict": "accepted", "mood": "good"}),
        json.dumps({"image": "b.jpg", "verdict": "praised"}),
        json.dumps({"verdict": "accepted"}),
        json.dumps(["a.jpg", "rejected"]),
        "\udcff not JSON",
    ]
    file.write_text("\n".join(lines), errors="surrogateescape")
    assert read_decisions(tmp_path) == {"a.jpg": Decision("a.jpg", "accepted")}


def test_a_name_that_is_not_utf8_survives(tmp_path: Path) -> None:
    append_decision(tmp_path, Decision("caf\udce9.jpg", "accepted"))
    assert list(read_decisions(tmp_path)) == ["caf\udce9.jpg"]


def test_where_the_disk_is_full_no_half_line_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_decision(tmp_path, Decision("a.jpg", "accepted"))
    before = decisions_file(tmp_path).read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(decisions.os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            append_decision(tmp_path, Decision("b.jpg", "accepted"))
    assert decisions_file(tmp_path).read_bytes() == before


def test_a_log_keeps_up_with_what_others_append(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path)
    assert log.newest() == {}
    append_decision(tmp_path, Decision("a.jpg", "unsure"))
    assert log.newest()["a.jpg"].verdict == "unsure"
    append_decision(tmp_path, Decision("a.jpg", "accepted"))
    append_decision(tmp_path, Decision("b.jpg", "rejected"))
    assert {i: d.verdict for i, d in log.newest().items()} == {
        "a.jpg": "accepted",
        "b.jpg": "rejected",
    }


def test_a_log_waits_for_the_end_of_a_line(tmp_path: Path) -> None:
    append_decision(tmp_path, Decision("a.jpg", "accepted"))
    log, file = DecisionLog(tmp_path), decisions_file(tmp_path)
    line = json.dumps({"image": "b.jpg", "verdict": "rejected"}).encode()
    with file.open("ab", buffering=0) as store:
        store.write(line[:10])
        assert list(log.newest()) == ["a.jpg"]
        store.write(line[10:] + b"\n")
    assert list(log.newest()) == ["a.jpg", "b.jpg"]


WRITER = """
import sys
from pathlib import Path
from automask.output.decisions import Decision, append_decision
for number in range(50):
    append_decision(Path(sys.argv[1]), Decision(f"{sys.argv[2]}-{number}.jpg", "accepted"))
"""


def test_two_processes_lose_nothing_of_each_other(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name]) for name in "ab"
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    expected = {f"{name}-{number}.jpg" for name in "ab" for number in range(50)}
    assert set(read_decisions(tmp_path)) == expected
