"""The mask of an image of a run, from whichever kind of result it kept."""

from __future__ import annotations

from pathlib import PurePosixPath

from automask.compare.runs import Run
from automask.config import TrimapConfig
from automask.errors import ImageError
from automask.evaluate.conventions import Convention
from automask.evaluate.folders import convention_of_output
from automask.evaluate.results import read_mask
from automask.image.names import on_disk
from automask.image.results import kind_to_read
from automask.image.write import output_path
from automask.records import ImageRecord
from automask.records import Mask as Mask

# The first that an image has is read, before others one that a person mended.
KINDS = ("mask", "trimap", "objects", "alpha")


class Masks:
    """Reads the masks of a run.

    A trimap's contour is background, because automask draws it outside the object. The mask of
    several objects is their union.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.trimaps = convention_of_output(run.folder) or Convention(*TrimapConfig().values)

    def kind(self, record: ImageRecord) -> str | None:
        """The kind of result that an image's mask is read from; None: none holds a mask."""
        return kind_to_read(self.run.folder, record, KINDS)

    def read(self, record: ImageRecord) -> Mask:
        """The mask of an image that is `ok`, H x W bool. Raises ImageError."""
        kind = self.kind(record)
        if kind is None or record.output is None:
            raise ImageError(f"{self.run.name} has kept no mask of it: run with --save mask")
        try:
            file = on_disk(self.run.folder, output_path(_stem(record), kind))
            return read_mask(file, kind, self.trimaps, self.run.max_pixels)
        except ImageError as error:
            raise ImageError(f"{kind} of {self.run.name}: {error}") from error


def _stem(record: ImageRecord) -> str:
    """trimaps/a/b.png -> a/b. Raises ImageError for a path outside its folder."""
    path = PurePosixPath(record.output or "")
    if path.is_absolute() or ".." in path.parts or len(path.parts) < 2:
        raise ImageError(f"{record.output!a} is not a result of automask")
    return "/".join(path.parts[1:]).removesuffix(".png")
