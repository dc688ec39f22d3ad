"""A real browser for a page: headless Chromium, with an ear for faults and requests."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
WHY_NOT = "no chromium on this machine: apt-get install chromium"


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium; without one the test is skipped, but in continuous integration it fails."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail(WHY_NOT)
        pytest.skip(WHY_NOT)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox"],  # as root, in containers, there is none
        )
        yield chromium
        chromium.close()


class Visit:
    """A page opened from its file, without a network; what it asked for and complained of."""

    def __init__(self, chromium: Any, file: Path, width: int = 1280, scheme: str = "light") -> None:
        self.context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self._alarm(dialog))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.address = file.resolve().as_uri()
        self.page.goto(self.address)
        self.page.wait_for_selector("#sheet .tile", state="attached")

    def _alarm(self, dialog: Any) -> None:
        self.complaints.append(f"alert: {dialog.message}")
        dialog.dismiss()

    def wait_until(self, condition: str) -> None:
        """condition: an expression of JavaScript; the page's own policy forbids `eval`, by which
        playwright would wait for it.
        """
        for _ in range(100):
            if self.page.evaluate(condition):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"never came true: {condition}")

    def tiles(self) -> list[str]:
        """Names on the contact sheet, as far as they are drawn, in the order of the document."""
        return list(self.page.locator("#sheet .tile .name").all_text_contents())

    def focused(self) -> str:
        """The text of what has the focus."""
        return str(self.page.evaluate("document.activeElement.textContent"))

    def viewed(self) -> str | None:
        """The name in the large view; None while it is closed."""
        heading = self.page.locator("dialog[open] h2")
        return str(heading.inner_text()) if heading.count() else None
