"""The house: which rooms there are, what they look down at, and what stays out of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import automask

PACKAGE = Path(automask.__file__).parent
ROOT_MODULES = {
    "__init__", "__main__", "api", "cli", "config", "errors", "proposer", "records",
    "result_settings", "samples",
}  # fmt: skip
# Rooms whose modules may load torch when they are imported; all others do it late, or never.
TORCH = {"sam", "train", "tuning", "tiny_training", "refiner_training"}
# What measures a model itself: its bench weights, its filters.
TORCH_FILES = {"bench/random_weights.py", "evaluate/filters.py"}
TORCH_MODULES = {"torch", "torchvision", "segment_anything", "sam2", "timm"}
STAGES = {"choose", "load", "merge", "refine", "scan", "second_look", "trimap", "write"}
# A second look judges by the rule of choice; both are one decision.
ALLOWED_BETWEEN_STAGES = {("second_look", "choose")}


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        yield file, ast.parse(file.read_text(encoding="utf-8"))


def room(name: str) -> str:
    """automask.pool.dask.link -> pool; automask.config -> config."""
    return name.split(".")[1] if "." in name else "__init__"


def imported(tree: ast.Module, late: bool) -> Iterator[str]:
    """The modules that a file imports: at once, or with `late` also within its functions."""
    nodes = ast.walk(tree) if late else _at_once(tree.body)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _at_once(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        yield node
        if (isinstance(node, ast.If) and not _is_for_types(node)) or isinstance(node, ast.Try):
            yield from _at_once(node.body)


def _is_for_types(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_the_root_takes_no_new_loose_module() -> None:
    assert {file.stem for file in PACKAGE.glob("*.py")} == ROOT_MODULES


def test_no_two_rooms_import_each_other() -> None:
    graph: dict[str, set[str]] = {}
    for file, tree in modules():
        here = room_of(file)
        names = [name for name in imported(tree, late=False) if name.startswith("automask.")]
        graph.setdefault(here, set()).update(room(name) for name in names)
    edges = {here: {there for there in seen if there != here} for here, seen in graph.items()}
    TopologicalSorter(edges).prepare()  # raises CycleError, which names the circle


def test_torch_is_loaded_late_outside_of_its_rooms() -> None:
    loads = {
        str(file.relative_to(PACKAGE))
        for file, tree in modules()
        if room_of(file) not in TORCH
        for name in imported(tree, late=False)
        if name.split(".")[0] in TORCH_MODULES
    }
    assert loads == TORCH_FILES


def test_the_stages_of_an_image_never_load_torch() -> None:
    loads = {
        str(file.relative_to(PACKAGE))
        for file, tree in modules()
        if room_of(file) == "image"
        for name in imported(tree, late=True)
        if name.split(".")[0] in TORCH_MODULES or name.startswith("automask.sam")
    }
    assert loads == set()


def test_no_stage_imports_another() -> None:
    pairs = {
        (file.stem, name.split(".")[2])
        for file, tree in modules()
        if room_of(file) == "image" and file.stem in STAGES
        for name in imported(tree, late=True)
        if name.startswith("automask.image.")
    }
    between = {(here, there) for here, there in pairs if there in STAGES and here != there}
    assert between == ALLOWED_BETWEEN_STAGES
