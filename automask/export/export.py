"""An export: selects photographs, splits them, writes one format, and reports what was lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from automask.errors import ExitCode, ImageError, InstallationError, UsageError
from automask.export.duplicates import NEAR_BITS, fingerprint, near_groups
from automask.export.fidelity import Fidelity
from automask.export.formats.base import Context, Skipped, Writer
from automask.export.formats.known import FORMATS, Format
from automask.export.names import top_folder
from automask.export.placing import Placer
from automask.export.source import Photo, Source, is_empty, open_source, photo_of
from automask.export.splitting import SIDES, Shares, parse_shares, split
from automask.export.target import Target, open_target
from automask.image.names import normal
from automask.image.results import source_of
from automask.records import ImageRecord
from automask.runs.progress import visible
from automask.system.cores import available_cores

SCHEMA = 1

Row = TypeVar("Row")
Track = Callable[[Iterable[Photo], str, int], Iterable[Photo]]


@dataclass(frozen=True)
class Options:
    """The options of the command line."""

    output: Path
    to: str  # a name in FORMATS
    out: Path
    images: Path | None = None
    shares: str | None = None  # TRAIN/VAL[/TEST]; None: the format's own, mostly no split
    seed: int = 0
    category: str = "object"
    category_from_folder: bool = False
    tolerance: float = 1.0  # px
    min_confidence: float | None = None
    segmentation: str | None = None  # rle or polygon; None: the format's own
    photographs: str | None = None  # copy or link; None: the format's own
    image_prefix: str = "/data/local-files/?d="
    values: str | None = None  # what the values of masks mean
    overwrite: bool = False
    reviewed_only: bool = False  # accepted and corrected images alone


@dataclass(frozen=True)
class Result:
    """What was exported."""

    options: Options
    place: Path
    summary: dict[str, Any]  # the content of the export's own JSON

    @property
    def exit_code(self) -> int:
        """0 even if photographs were left out: failed ones have no mask, and all are named."""
        return ExitCode.OK


def export(options: Options, track: Track = lambda photos, _what, _total: photos) -> Result:
    """Export a run.

    Args:
        options: The options of the command line.
        track: Wraps the photographs, given a label and their number, to show progress.

    Returns:
        What was exported; photographs that could not be are named in its summary.

    Raises:
        UsageError: Nothing can be exported with these options.
        InstallationError: The packages of the extra `export` are missing.
    """
    kind = FORMATS[options.to]
    if options.segmentation not in (None, *kind.segmentations):
        raise UsageError(f"--to {options.to} has no --segmentation {options.segmentation}")
    _refuse_missing_packages(kind)
    shares = _shares(options, kind)
    source = open_source(options.output, options.images, options.values)
    photographs = _photographs(options, kind, source)
    target = open_target(
        options.out, kind.suffix, options.overwrite, source.photographs, options.to
    )
    try:
        _refuse_single(target, options, shares, photographs)
        return _export(options, kind, shares, source, target, photographs, track)
    finally:
        target.discard()


def _export(
    options: Options,
    kind: Format,
    shares: Shares | None,
    source: Source,
    target: Target,
    photographs: str | None,
    track: Track,
) -> Result:
    skipped: list[Skipped] = []
    photos = list(_each(source.records.values(), lambda r: _photo(source, r, options), skipped))
    groups: list[int] = []
    if shares is not None:
        photos, groups = _divided(photos, shares, options.seed, skipped, track, source.max_pixels)
    categories = tuple(sorted({photo.category for photo in photos}))
    context = Context(
        target=target,
        categories=categories,
        sides=() if shares is None else shares.sides,
        polygons=(options.segmentation or kind.segmentations[0]) == "polygon",
        image_prefix=options.image_prefix,
        model_version=_model_version(source),
        placer=None
        if photographs is None
        else Placer(target, photographs, kind.photographs_kept, source.max_pixels),
        fidelity=Fidelity(options.tolerance),
        skipped=skipped,
    )
    done = _write(kind.writer(context), source, context, track(photos, "exporting", len(photos)))
    if not done:
        raise UsageError(_nothing(skipped))
    _refuse_empty(
        context.sides, [photo for photo, _ in done]
    )  # photographs that could not be written are dropped
    summary = _summary(options, context, done, groups)
    target.commit(summary)
    return Result(options, options.out, summary)


def _write(
    writer: Writer, source: Source, context: Context, photos: Iterable[Photo]
) -> list[tuple[Photo, int]]:
    """Write all photographs; return those written, with their numbers of objects."""

    def write(photo: Photo) -> tuple[Photo, int]:
        files = len(context.target.files)
        try:
            found = source.find(photo)
            writer.add(photo, found)
        except ImageError:
            for file in context.target.files[files:]:
                context.target.drop(file)
            raise
        return photo, len(found.instances)

    done = list(_each(photos, write, context.skipped))
    writer.finish()
    return done


def _each(
    rows: Iterable[Any], action: Callable[[Any], Row], skipped: list[Skipped]
) -> Iterator[Row]:
    """Apply the action to each; an unusable one is skipped. The only place that catches."""
    for row in rows:
        try:
            yield action(row)
        except ImageError as error:
            skipped.append(Skipped(row.image, str(error)))


def _photo(source: Source, record: ImageRecord, options: Options) -> Photo:
    """The photograph of a record. Raises ImageError if it is left out."""
    if normal(record.image) in source.rejected:
        raise ImageError("it is rejected; automask accept takes it back")
    is_reviewed = record.image in source.reviewed
    if options.reviewed_only and not is_reviewed:
        raise ImageError("nobody has reviewed it; automask review, or automask accept")
    is_automatic = source_of(record.mended) is None and not is_reviewed
    if is_automatic and (record.confidence or 0) < (options.min_confidence or 0):
        raise ImageError(
            f"its confidence {record.confidence} is below --min-confidence {options.min_confidence}"
        )
    folder = top_folder(record.image) if options.category_from_folder else None
    photo = photo_of(source, record, visible(folder or options.category))
    source.result(photo)  # before the split, in which deleted masks must not be counted
    return photo


def _divided(
    photos: list[Photo],
    shares: Shares,
    seed: int,
    skipped: list[Skipped],
    track: Track,
    most_pixels: int,
) -> tuple[list[Photo], list[int]]:
    """The photographs with their sides, and their groups of near duplicates."""
    with ThreadPoolExecutor(available_cores()) as pool:  # decoding lets other threads run
        prints = {
            photo.image: pool.submit(fingerprint, photo.file, most_pixels)
            for photo in photos
            if photo.file
        }
        tracked = track(photos, "near duplicates", len(photos))
        pairs = list(_each(tracked, lambda photo: (photo, prints[photo.image].result()), skipped))
    readable = [photo for photo, _ in pairs]
    groups = near_groups([number for _, number in pairs])
    sides = split([photo.image for photo in readable], groups, shares, seed)
    divided = [replace(photo, split=sides[photo.image]) for photo in readable]
    _refuse_empty(shares.sides, divided)
    return divided, groups


def _refuse_empty(sides: Iterable[str], photos: Sequence[Photo]) -> None:
    there = {photo.split for photo in photos}
    for side in sides:
        if side not in there:
            raise UsageError(
                f"--split leaves {side} empty: {len(photos)} photographs, near duplicates kept "
                "together, are too few for these shares"
            )


def _shares(options: Options, kind: Format) -> Shares | None:
    text = options.shares or kind.split
    return None if text is None else parse_shares(text)


def _photographs(options: Options, kind: Format, source: Source) -> str | None:
    """copy, link, or None: photographs stay in place. Raises UsageError if they are missing."""
    how = options.photographs or kind.photographs
    if how is not None and not kind.takes_photographs:
        raise UsageError(f"--to {options.to} takes no photographs along")
    needed_for = f"--{how}-images" if how else "--split" if options.shares else None
    if needed_for is not None and source.photographs is None:
        raise UsageError(
            f"{needed_for} needs the photographs, and the folder that run.json names is not here; "
            "name it with --images"
        )
    return how


def _refuse_single(
    target: Target, options: Options, shares: Shares | None, photographs: str | None
) -> None:
    if target.single is None:
        return
    if photographs is not None:
        raise UsageError(
            f"photographs go along only into a folder, and --out {options.out} is none"
        )
    if shares is not None and FORMATS[options.to].file_for_each_side:
        raise UsageError(
            f"--split makes a file for each side: --out {options.out} must be a folder"
        )


def _refuse_missing_packages(kind: Format) -> None:
    if not kind.needs_pycocotools:
        return
    try:
        import pycocotools  # noqa: F401
    except ImportError as error:
        raise InstallationError(
            "this format is written with pycocotools: pip install 'automask[export]'"
        ) from error


def _model_version(source: Source) -> str:
    record = next(iter(source.records.values()))
    return f"automask {record.model} {record.model_sha256[:8]}"


def _nothing(skipped: list[Skipped]) -> str:
    first = f"; {visible(f'{skipped[0].image}: {skipped[0].reason}')}" if skipped else ""
    return f"there is nothing to export{first}"


def _summary(
    options: Options, context: Context, done: list[tuple[Photo, int]], groups: list[int]
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "format": options.to,
        "source": str(options.output),
        "photographs": len(done),
        "objects": sum(count for _, count in done),
        "without_object": sum(is_empty(photo.record) or not count for photo, count in done),
        "classes": list(context.categories),
        "split": _split_summary(options, context, done, groups),
        "polygons": context.fidelity.to_json(),
        "written_anew": [] if context.placer is None else context.placer.anew,
        "skipped": [{"image": one.image, "reason": one.reason} for one in context.skipped],
    }


def _split_summary(
    options: Options, context: Context, done: list[tuple[Photo, int]], groups: list[int]
) -> dict[str, Any] | None:
    if not context.sides:
        return None
    sizes = [groups.count(group) for group in set(groups)]
    counts = {side: sum(photo.split == side for photo, _ in done) for side in context.sides}
    return {
        "seed": options.seed,
        "photographs": {side: counts[side] for side in SIDES if side in counts},
        "near_duplicates": {
            "bits": NEAR_BITS,
            "groups": sum(size > 1 for size in sizes),
            "photographs": sum(size for size in sizes if size > 1),
            "largest": max(sizes, default=0),
        },
    }
