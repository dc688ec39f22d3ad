"""Which file is compared with which: by relative path without extension."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from automask.errors import CollisionError, UsageError
from automask.evaluate.conventions import Convention
from automask.image.kinds import EXTENSIONS
from automask.image.names import normal
from automask.image.results import kind_to_read
from automask.image.scan import scan
from automask.image.write import FOLDERS
from automask.output.ledger import RECORDS, load_records
from automask.output.run_json import read_run_json, setting

# Of an automask output; of an image the first that it has is taken, before it one that was mended.
KINDS = ("mask", "trimap")


@dataclass(frozen=True)
class MaskFolder:
    """The masks of a folder."""

    root: Path
    files: dict[str, str]  # relative path without extension -> relative path
    output: Path | None = None  # the automask output that the masks lie in
    convention: Convention | None = None  # what the output itself says about its values
    trimaps: MaskFolder | None = None  # those of `files` that are trimaps, where others are masks


@dataclass(frozen=True)
class Pair:
    """A true mask and what was predicted for it; paths relative to their folders."""

    truth: str
    predicted: str | None  # None: there is no prediction
    stem: str  # the prediction's path without extension, or the truth's where there is none


@dataclass(frozen=True)
class Matches:
    """All true masks with their predictions, and what has no true mask."""

    pairs: tuple[Pair, ...]
    extra: tuple[str, ...]  # predictions without a truth


def mask_folder(folder: Path) -> MaskFolder:
    """The masks of a folder, or, of an automask output, those in its `masks/` or `trimaps/`.

    Where an output has both, records say which an image has: the one that a person mended, its
    mask, else its trimap. A mask that is recorded and was deleted is missing, whatever trimap there
    is.

    Raises UsageError where it is no folder or holds no picture, CollisionError where two files
    have one name.
    """
    there = [kind for kind in KINDS if (folder / FOLDERS[kind]).is_dir()]
    if not there or not (folder / RECORDS).is_dir():
        return MaskFolder(folder, _some_files(folder))
    convention = convention_of_output(folder)
    if len(there) > 1:
        return _by_image(folder, convention)
    root = folder / FOLDERS[there[0]]
    known = convention if there == ["trimap"] else None
    return MaskFolder(root, _some_files(root), folder, known)


def object_folder(folder: Path) -> MaskFolder:
    """The object maps of a folder; of an automask output those in its `objects/`.

    Raises as `mask_folder`.
    """
    is_output = (folder / RECORDS).is_dir()
    root = folder / FOLDERS["objects"] if is_output else folder
    if is_output and not root.is_dir():
        raise UsageError(f"{folder} has no maps of objects: mask it with automask run --objects")
    return MaskFolder(root, _some_files(root), folder if is_output else None)


def _by_image(output: Path, convention: Convention | None) -> MaskFolder:
    """The masks, and the trimaps of those images that no mask was made of."""
    masks, trimaps = (output / FOLDERS[kind] for kind in KINDS)
    wanted = {
        normal(record.stem)
        for record in load_records(output).values()  # of each image the newest
        if record.stem is not None and kind_to_read(output, record, KINDS) == "trimap"
    }
    beside = {stem: file for stem, file in _files(trimaps).items() if stem in wanted}
    files = {stem: file for stem, file in _files(masks).items() if stem not in wanted}
    if not files and not beside:
        raise UsageError(f"no mask in {masks}")
    rest = MaskFolder(trimaps, beside, output, convention)
    if not files or not beside:
        return rest if beside else MaskFolder(masks, files, output)
    return MaskFolder(masks, {**files, **beside}, output, trimaps=rest)


def match(predicted: MaskFolder, truth: MaskFolder) -> Matches:
    """A pair for each true mask, in the order of their names.

    A prediction a.jpg.png, as --keep-extension writes it, is that of a.png too, if there is no
    better. Raises UsageError where nothing matches, CollisionError where two predictions do.
    """
    by_truth = {stem: stem for stem in predicted.files if stem in truth.files}
    for stem in predicted.files:
        short, extension = os.path.splitext(stem)
        if stem in by_truth or extension.lower() not in EXTENSIONS or short not in truth.files:
            continue
        if short in by_truth:
            both = (predicted.files[by_truth[short]], predicted.files[stem])
            raise CollisionError(
                f"{both[0]!a} and {both[1]!a} are both predictions for {truth.files[short]!a}: "
                "leave one away"
            )
        by_truth[short] = stem
    if not by_truth:
        raise UsageError(_no_match(predicted, truth))
    taken = set(by_truth.values())
    return Matches(
        tuple(_pair(stem, by_truth.get(stem), predicted, truth) for stem in truth.files),
        tuple(file for stem, file in predicted.files.items() if stem not in taken),
    )


def _pair(stem: str, found: str | None, predicted: MaskFolder, truth: MaskFolder) -> Pair:
    file = None if found is None else predicted.files[found]
    return Pair(truth.files[stem], file, found or stem)


def _some_files(root: Path) -> dict[str, str]:
    """Raises UsageError where there is none."""
    files = _files(root)
    if not files:
        raise UsageError(f"no mask in {root}")
    return files


def _files(root: Path) -> dict[str, str]:
    files: dict[str, str] = {}
    for job in scan(root, keep_extension=True):
        stem = normal(os.path.splitext(job.image)[0])
        if stem in files:
            raise CollisionError(
                f"{root}: {files[stem]!a} and {job.image!a} differ only in their extension; which "
                "of them is the mask? Leave one away"
            )
        files[stem] = job.image
    return files


def _no_match(predicted: MaskFolder, truth: MaskFolder) -> str:
    examples = (
        f"{folder.root} has {next(iter(folder.files.values()))!a}" for folder in (predicted, truth)
    )
    return (
        f"none of the {len(truth.files)} true masks has a prediction: they are matched by relative "
        f"path without extension, and {', '.join(examples)}"
    )


def convention_of_output(output: Path) -> Convention | None:
    """The labels of the trimaps, which may be any, from `run.json`; None where it does not say."""
    try:
        foreground, background, contour = setting(
            read_run_json(output), "config", "trimap", "values"
        )
        return Convention(int(foreground), int(background), int(contour))
    except (ValueError, TypeError):
        return None
