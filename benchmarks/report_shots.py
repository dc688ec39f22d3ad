"""Takes the screenshots of docs/report.md: `python benchmarks/report_shots.py`.

Needs the packages of `make test` and a `chromium`. Masks the sample photographs, and turned and
cut copies of them, so that there is something to filter; one of the files is damaged, and one has a
name that would like to be a script.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page, sync_playwright

from automask.config import RunConfig
from automask.image.load import load_small
from automask.report.build import write_report
from automask.runs.runner import run
from automask.samples import copy_samples

HERE = Path(__file__).resolve().parents[1] / "docs" / "images"
LONGER_SIDE = 640  # px
QUALITY = 80  # of WebP
HOSTILE = "<img src=x onerror=alert(1)>.jpg"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder)
        make_photographs(root / "photographs")
        run(RunConfig(input=root / "photographs", output=root / "masks", device="cpu"))
        page = write_report(root / "masks").page
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        shots = {
            "report.webp": [shot(chromium, page, 1280, 900, "light", "")],
            "report-sheet.webp": [shot(chromium, page, 1280, 900, "dark", "sheet-heading")],
            "report-large.webp": [shot(chromium, page, 1280, 900, "light", "viewer")],
            "report-timing.webp": [shot(chromium, page, 1280, 900, "light", "timing-heading")],
            "report-phone.webp": [
                shot(chromium, page, 360, 760, scheme, what)
                for scheme, what in (
                    ("light", ""), ("light", "sheet-heading"), ("dark", "viewer"),
                    ("dark", "timing-heading"),
                )
            ],
        }  # fmt: skip
    for name, pictures in shots.items():
        beside(pictures).save(HERE / name, quality=QUALITY, method=6)
        print(f"wrote docs/images/{name}, {(HERE / name).stat().st_size / 1000:.0f} kB")


def make_photographs(folder: Path) -> None:
    """Each sample as it is, mirrored, turned a little, and cut: in a folder each."""
    for sample in copy_samples(folder.with_name("samples")):
        image = load_small(sample, LONGER_SIDE)
        width, height = image.size
        copies = {
            "as it is": image,
            "mirrored": ImageOps.mirror(image),
            "turned": image.rotate(8, Image.Resampling.BICUBIC, fillcolor=(128, 128, 128)),
            "cut": image.crop((width // 5, height // 6, width, height)),
            "gray": ImageOps.grayscale(image),
        }
        for name, copy in copies.items():
            target = folder / name / f"{sample.stem}.jpg"
            target.parent.mkdir(parents=True, exist_ok=True)
            copy.save(target, quality=92)
    whole = (folder / "as it is" / "cat.jpg").read_bytes()
    (folder / "cut" / "torn.jpg").write_bytes(whole[:2000])
    (folder / HOSTILE).write_bytes(whole)


def shot(
    chromium: Browser, file: Path, width: int, height: int, scheme: str, what: str
) -> Image.Image:
    """what: "" for the top of the page, an id to scroll to, or the large view."""
    page: Page = chromium.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.goto(file.as_uri())
    if what == "viewer":
        page.fill("[name=text]", "as it is")
        page.evaluate("byId('sheet-heading').scrollIntoView()")
        page.locator("#sheet .tile", has_text="as it is/coffee_cup").first.click()
    elif what:
        page.evaluate("(id) => byId(id).scrollIntoView()", what)
    page.wait_for_timeout(500)
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    page.close()
    return taken


def beside(pictures: list[Image.Image]) -> Image.Image:
    gap = 16  # px
    width = sum(picture.width for picture in pictures) + gap * (len(pictures) - 1)
    sheet = Image.new("RGB", (width, max(picture.height for picture in pictures)), (128, 128, 128))
    across = 0
    for picture in pictures:
        sheet.paste(picture, (across, 0))
        across += picture.width + gap
    return sheet


if __name__ == "__main__":
    main()
