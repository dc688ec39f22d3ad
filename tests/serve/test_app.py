"""Photographs in, masks out, over HTTP."""

from __future__ import annotations

import base64
import io
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import KILLS, RAISES, SLOW, SPINS
from PIL import Image
from serve_fakes import Serving, photograph

SQUARE = 16 * 16  # foreground pixels of the model's answer, rows and columns 8 to 23


def pixels(answer: Any) -> np.ndarray:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def send(client: Any, data: bytes, output: str = "mask") -> Any:
    return client.post("/v1/masks", files={"photograph": ("a.png", data)}, data={"output": output})


def wait_until_done(client: Any, batch: str) -> dict[str, Any]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        told = client.get(f"/v1/jobs/{batch}").json()
        if told["state"] != "working":
            return dict(told)
        time.sleep(0.05)
    raise AssertionError("gave up waiting")


def test_a_form_json_and_the_bare_photograph_give_the_same_mask(serving: Serving) -> None:
    with serving() as client:
        by_form = send(client, photograph())
        text = base64.b64encode(photograph()).decode()
        by_json = client.post("/v1/masks", json={"photograph": text, "output": "mask"})
        bare = client.post(
            "/v1/masks?output=mask", content=photograph(), headers={"content-type": "image/png"}
        )
        assert (pixels(by_form) > 0).sum() == SQUARE
        assert by_form.content == by_json.content == bare.content
        assert by_form.headers["x-automask-status"] == "ok"


@pytest.mark.parametrize(
    ("output", "shape"),
    [("trimap", (32, 32)), ("alpha", (32, 32)), ("cutout", (32, 32, 3)), ("overlay", (32, 32, 3))],
)
def test_each_picture_can_be_asked_for(
    serving: Serving, output: str, shape: tuple[int, ...]
) -> None:
    with serving() as client:
        assert pixels(send(client, photograph(), output)).shape == shape


def test_json_has_runs_confidence_flags_and_seconds(serving: Serving) -> None:
    with serving() as client:
        told = send(client, photograph(), "json").json()
    assert told["mask"]["size"] == [32, 32]
    assert told["mask"]["counts"][:3] == [8 * 32 + 8, 16, 16]
    assert told["status"] == "ok"
    assert told["seconds"]["encode"] == 0.001


def test_nothing_of_a_request_is_kept(serving: Serving, tmp_path: Path) -> None:
    with serving() as client:
        send(client, photograph())
        send(client, b"no photograph")
    assert [f for f in (tmp_path / "served").rglob("*") if f.is_file()] == []


def test_ten_hostile_requests_are_refused_and_the_next_is_answered(serving: Serving) -> None:
    with serving(timeout=2, body_bytes=50_000) as client:
        bomb = photograph(side=200)  # 40,000 pixels of 10,000 that are allowed
        assert send(client, bomb).status_code == 422
        assert send(client, b"\x89PNG\r\n\x1a\n" + b"\0" * 999).status_code == 422
        assert send(client, b"").status_code == 422
        assert send(client, photograph(), "../../etc/passwd").status_code == 422
        assert send(client, b"x" * 60_000).status_code == 413
        assert send(client, photograph(KILLS)).status_code == 500
        assert send(client, photograph(RAISES)).status_code == 422
        assert send(client, photograph(SPINS)).status_code == 504
        deep = client.post(
            "/v1/masks", content="[" * 20_000, headers={"content-type": "application/json"}
        )
        assert deep.status_code == 400
        path = client.post("/v1/masks", json={"path": "/etc/passwd"})
        assert path.status_code == 422
        sent = {"photograph": ("../../../tmp/x.png\0.exe", photograph())}
        assert client.post("/v1/masks", files=sent).status_code == 200
        assert (pixels(send(client, photograph())) > 0).sum() == SQUARE


def test_every_refusal_says_why(serving: Serving) -> None:
    with serving() as client:
        answer = send(client, b"no photograph")
        assert answer.json() == {"error": "'00000.png': not an image, or of a kind not supported"}
        other = client.post("/v1/masks", content=b"a", headers={"content-type": "text/plain"})
        assert other.status_code == 415


def test_beyond_the_queue_there_is_a_429_that_says_when_to_come_again(serving: Serving) -> None:
    with serving(queue=2) as client, ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: send(client, photograph(SLOW)), range(6)))
        codes = sorted(answer.status_code for answer in answers)
        busy = [answer for answer in answers if answer.status_code == 429]
    assert codes[0] == 200
    assert set(codes) == {200, 429}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in busy)


def test_what_waits_too_long_is_told_so(serving: Serving) -> None:
    with serving(wait_seconds=1, timeout=30) as client, ThreadPoolExecutor(2) as threads:
        first = threads.submit(send, client, photograph(SPINS))
        answer = first.result()
    assert answer.status_code == 503
    assert "not done within 1 s" in answer.json()["error"]


def test_without_the_token_nothing_but_health_is_answered(serving: Serving) -> None:
    with serving() as client:
        client.headers.pop("authorization")
        assert client.get("/healthz").json() == {"status": "ok"}
        for path in ("/metrics", "/docs", "/openapi.json", "/v1/jobs"):
            assert client.get(path).status_code == 401
        assert send(client, photograph()).status_code == 401


def test_a_batch_is_masked_and_its_results_are_fetched(serving: Serving) -> None:
    with serving() as client:
        files = [("photograph", (f"{n}.png", photograph())) for n in range(3)]
        files.append(("photograph", ("bad.png", b"bad")))
        accepted = client.post("/v1/jobs", files=files, data={"output": ["mask", "overlay"]})
        assert accepted.status_code == 202
        batch = accepted.json()["id"]
        assert accepted.headers["location"] == f"/v1/jobs/{batch}"
        told = wait_until_done(client, batch)
        assert (told["state"], told["total"], told["failed"]) == ("done", 4, 1)
        assert [one["name"] for one in told["photographs"]] == [
            "0.png",
            "1.png",
            "2.png",
            "bad.png",
        ]
        assert (pixels(client.get(f"/v1/jobs/{batch}/2/mask")) > 0).sum() == SQUARE
        assert client.get(f"/v1/jobs/{batch}/3/mask").status_code == 409
        assert client.get(f"/v1/jobs/{batch}/9/mask").status_code == 404
        page = client.get(f"/v1/jobs/{batch}", headers={"accept": "text/html"}).text
        assert f'href="/v1/jobs/{batch}/0/overlay"' in page


def test_a_batch_goes_on_after_a_restart_and_a_request_goes_first(serving: Serving) -> None:
    with serving() as client:
        client.desk.line.take = lambda _most: []  # nothing is begun, as if it were killed now
        files = [("photograph", (f"{n}.png", photograph())) for n in range(3)]
        batch = client.post("/v1/jobs", files=files).json()["id"]
    with serving() as client:
        assert wait_until_done(client, batch)["done"] == 3


def test_a_cancelled_batch_is_left_and_a_deleted_one_is_gone(
    serving: Serving, tmp_path: Path
) -> None:
    with serving() as client:
        files = [("photograph", (f"{n}.png", photograph(SLOW))) for n in range(5)]
        batch = client.post("/v1/jobs", files=files).json()["id"]
        assert client.post(f"/v1/jobs/{batch}/cancel").json()["state"] == "cancelled"
        assert client.get(f"/v1/jobs/{batch}").json()["done"] < 5
        assert client.delete(f"/v1/jobs/{batch}").status_code == 204
        assert client.get(f"/v1/jobs/{batch}").status_code == 404
    assert list((tmp_path / "served" / "batches").iterdir()) == []


def test_names_in_a_page_are_text(serving: Serving) -> None:
    with serving() as client:
        files = {"photograph": ("<script>alert(1)</script>.png", photograph())}
        batch = client.post("/v1/jobs", files=files).json()["id"]
        page = client.get(f"/v1/jobs/{batch}", headers={"accept": "text/html"}).text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_figures_count_requests_and_photographs(serving: Serving) -> None:
    with serving() as client:
        send(client, photograph())
        send(client, b"bad")
        text = client.get("/metrics").text
    assert 'automask_requests_total{status="200"} 1' in text
    assert 'automask_images_total{status="failed"} 1' in text
    assert 'automask_image_seconds_bucket{le="+Inf"} 2' in text
    assert "automask_is_well 1" in text


def test_the_page_of_the_interface_needs_nothing_from_elsewhere(serving: Serving) -> None:
    with serving() as client:
        page = client.get("/docs").text
    assert "POST /v1/masks" in page
    assert "<script" not in page
    assert "https://" not in page


def test_an_address_tells_all_of_its_methods(serving: Serving) -> None:
    with serving() as client:
        answer = client.request("PUT", f"/v1/jobs/{'0' * 32}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET")


@pytest.mark.parametrize("fields", [{"box": "0 0 0 9"}, {"points": "4 4"}, {"points": "4 4 0"}])
def test_prompts_that_are_none_are_refused(serving: Serving, fields: dict[str, str]) -> None:
    with serving() as client:
        answer = client.post(
            "/v1/masks", files={"photograph": ("a.png", photograph())}, data=fields
        )
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("box or points: ")
