"""Where checkpoints lie, whether they are what they should be, and how they get there.

Imports no torch, so that `automask models` and `automask fetch` answer at once.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from automask.errors import ConfigError, WeightsError, reraise_oserror
from automask.sam.checkpoints import BY_NAME, STUDENT, Checkpoint
from automask.sam.extra import refuse_without_package

PACKAGE = Path(__file__).resolve().parents[1]
BUNDLED = (PACKAGE.parent / "weights", PACKAGE / "weights")  # a checkout; an installed wheel
FETCH_LOCK_SECONDS = 4 * 3600  # a slow line needs an hour for the largest file


@dataclass(frozen=True)
class Weights:
    """A checkpoint's file whose SHA-256 has been read and, where one is prescribed, agrees."""

    checkpoint: Checkpoint
    file: Path
    sha256: str


def search_folders(weights: Path | None = None) -> list[Path]:
    """Folders to look in, first match wins: --weights, $AUTOMASK_WEIGHTS, weights/, the bundle."""
    asked = [weights] if weights is not None else []
    environment = os.environ.get("AUTOMASK_WEIGHTS")
    if environment:
        asked.append(Path(environment))
    candidates = [*asked, Path("weights"), *BUNDLED]
    return list({folder.resolve(): folder for folder in reversed(candidates)}.values())[::-1]


def find(checkpoint: Checkpoint, weights: Path | None = None) -> Path | None:
    """The checkpoint's file in the first folder that has it; its content is not looked at."""
    files = (folder / checkpoint.file for folder in search_folders(weights))
    return next((file for file in files if file.is_file()), None)


def check(checkpoint: Checkpoint, weights: Path | None = None) -> tuple[Path | None, str]:
    """The checkpoint's file, or None, and its state in a word: verified, damaged, not here."""
    file = find(checkpoint, weights)
    if file is None:
        return None, "not here"
    try:
        return file, "verified" if sha256_of(file) == checkpoint.sha256 else "damaged"
    except WeightsError:
        return file, "unreadable"


def locate(model: str, arch: str | None = None, weights: Path | None = None) -> Weights:
    """Finds and verifies the weights of a model given by name, or by path with `arch`.

    Raises ConfigError for an unknown name or a path without an architecture; WeightsError where
    the file is missing, cannot be read, or has another hash than the table says;
    InstallationError where the package of its architecture is not installed.
    """
    checkpoint = BY_NAME.get(model)
    if checkpoint is None:
        return _locate_path(Path(model), arch)
    if arch is not None:
        raise ConfigError(f"--arch goes with a checkpoint given by path; {model} is a name")
    refuse_without_package(checkpoint)
    return located(checkpoint, weights)


def located(checkpoint: Checkpoint, weights: Path | None = None) -> Weights:
    """The verified file of a row of the table; raises WeightsError as `locate` does."""
    file = find(checkpoint, weights)
    if file is None:
        raise WeightsError(_missing(checkpoint, weights))
    return Weights(checkpoint, file, _verified(checkpoint, file))


def fetch(name: str, weights: Path | None = None) -> Path:
    """Downloads a checkpoint into the first search folder, unless a verified copy is there.

    The file gets its name only after its SHA-256 agrees; an interrupted download starts afresh.
    Tasks that start together wait for one download. Raises ConfigError for an unknown name,
    WeightsError where it cannot be downloaded, with what is needed to put it there by hand.
    """
    from automask.system.guard import alone

    checkpoint = _named(name)
    found = find(checkpoint, weights)
    if found is not None:
        _verified(checkpoint, found)
        return found
    if checkpoint.url is None:
        raise WeightsError(_missing(checkpoint, weights))
    folder = search_folders(weights)[0]
    with reraise_oserror(WeightsError, f"cannot write into {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder / f".{checkpoint.file}.lock", FETCH_LOCK_SECONDS):
            return _download(checkpoint, folder)


def _download(checkpoint: Checkpoint, folder: Path) -> Path:
    import pooch
    import requests

    try:
        file = pooch.retrieve(
            checkpoint.url,
            known_hash=f"sha256:{checkpoint.sha256}",
            fname=checkpoint.file,
            path=folder,
            downloader=pooch.HTTPDownloader(progressbar=True, timeout=60),
        )
    except (requests.RequestException, OSError) as error:
        raise WeightsError(_by_hand(checkpoint, folder, str(error))) from error
    except ValueError as error:  # pooch's word for a hash that differs
        reason = "what came from there has another SHA-256 than prescribed"
        raise WeightsError(_by_hand(checkpoint, folder, reason)) from error
    return Path(file)


def _named(name: str) -> Checkpoint:
    checkpoint = BY_NAME.get(name)
    if checkpoint is None:
        raise ConfigError(f"no checkpoint is called {name!r}; known: {', '.join(BY_NAME)}")
    return checkpoint


def _locate_path(file: Path, arch: str | None) -> Weights:
    if (file / STUDENT.file).is_file():
        file = file / STUDENT.file
    looks_like_name = not file.suffix and len(file.parts) == 1
    if looks_like_name and not file.exists():
        _named(str(file))
    if not file.is_file():
        fault = "is a folder, not a file" if file.is_dir() else "does not exist"
        raise WeightsError(f"checkpoint {file} {fault}")
    if arch is None and file.suffix == ".safetensors":
        arch = metadata(file).get("arch", "tiny")  # `automask tune` writes it
    if arch is None:
        raise ConfigError(f"a checkpoint given by path needs --arch, one of {', '.join(BY_NAME)}")
    base = STUDENT if arch == STUDENT.arch else BY_NAME.get(arch)
    if base is None:
        raise ConfigError(f"{file}: unknown architecture {arch!r}; known: {', '.join(BY_NAME)}")
    refuse_without_package(base)
    return Weights(base, file, sha256_of(file))


def metadata(file: Path) -> dict[str, str]:
    """The notes in the head of a safetensors file. Raises WeightsError where it is none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy") as tensors:
            return dict(tensors.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{file} is not a readable safetensors file: {error}") from error


def sha256_of(file: Path) -> str:
    """SHA-256 of a file, hex. Raises WeightsError where it cannot be read."""
    import pooch

    with reraise_oserror(WeightsError, f"cannot read checkpoint {file}"):
        return str(pooch.file_hash(str(file), alg="sha256"))


def _verified(checkpoint: Checkpoint, file: Path) -> str:
    digest = sha256_of(file)
    if digest != checkpoint.sha256:
        raise WeightsError(
            f"{file} is damaged or not the {checkpoint.name} checkpoint, and was not loaded:\n"
            f"  its SHA-256 is  {digest}\n  it should be    {checkpoint.sha256}\n"
            + ("delete it and run: automask fetch " + checkpoint.name if checkpoint.url
               else "restore it from the release or the repository")
        )  # fmt: skip
    return digest


def _missing(checkpoint: Checkpoint, weights: Path | None) -> str:
    looked = "\n".join(f"  {folder.absolute()}" for folder in search_folders(weights))
    head = f"{checkpoint.name} ({checkpoint.file}) was not found; looked in\n{looked}\n"
    if checkpoint.url is None:
        return head + "it comes with automask: restore it from the release or the repository"
    return head + f"download it with: automask fetch {checkpoint.name}"


def _by_hand(checkpoint: Checkpoint, folder: Path, reason: str) -> str:
    return (
        f"cannot download {checkpoint.name}: {reason}\n"
        "to put it there by hand, on any machine with a network:\n"
        f"  address   {checkpoint.url}\n"
        f"  file      {checkpoint.file}\n"
        f"  folder    {folder.absolute()}\n"
        f"  SHA-256   {checkpoint.sha256}"
    )
