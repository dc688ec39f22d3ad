"""The interface of formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from automask.export.fidelity import Fidelity
from automask.export.instances import Instance
from automask.export.placing import Placer
from automask.export.polygons import Ring, draw_edges, edge_parts, with_keyholes
from automask.export.source import Photo, PhotoMasks
from automask.export.target import Target


@dataclass(frozen=True)
class Skipped:
    """A photograph that is not in the export."""

    image: str
    reason: str


@dataclass(frozen=True)
class Context:
    """The settings and helpers of a format."""

    target: Target
    categories: tuple[str, ...]  # names of the classes, in order
    sides: tuple[str, ...]  # of the split; empty: there is none
    polygons: bool  # where the format has both: polygons, not runs of pixels
    image_prefix: str  # prefix of an image's path in formats that need a URL
    model_version: str  # the model that made the masks
    placer: Placer | None  # None: photographs stay in place
    fidelity: Fidelity
    skipped: list[Skipped] = field(default_factory=list)  # so far

    def place(self, photo: Photo, folder: str) -> str:
        """The photograph's path for the format.

        Args:
            photo: The photograph.
            folder: The folder of the export for photographs that are included.

        Returns:
            Its path in `folder` if photographs are included, else its relative path.

        Raises:
            ImageError: It cannot be included.
        """
        if self.placer is None:
            return photo.image
        return self.placer.place(photo, folder).removeprefix(f"{folder}/")

    def by_side(self, name: str, ending: str) -> dict[str | None, str]:
        """The file of each side: name_train.json, ...; without a split name.json."""
        if not self.sides:
            return {None: self.target.main(f"{name}{ending}")}
        return {side: f"{name}_{side}{ending}" for side in self.sides}

    def edge_rings(self, photo: Photo, instance: Instance) -> list[Ring]:
        """An object's pieces along pixel edges, with bridges to holes; records their loss."""
        parts = edge_parts(instance, self.fidelity.tolerance_px)
        rings = [with_keyholes(part) for part in parts]
        left, top, width, height = instance.box
        drawn = draw_edges([ring - (left, top) for ring in rings], (height, width))
        self.fidelity.add(photo.image, drawn, instance.crop, sum(map(len, rings)))
        return rings


class Writer(Protocol):
    """A format."""

    def add(self, photo: Photo, found: PhotoMasks) -> None:
        """Add one photograph. Raises ImageError, and writes nothing, if it cannot."""

    def finish(self) -> None:
        """Write the files about all photographs."""
