"""The table of checkpoints: a row each, no code. Imports no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

SAM_BASE = "https://dl.fbaipublicfiles.com/segment_anything/"
SAM2_BASE = "https://dl.fbaipublicfiles.com/segment_anything_2/072824/"
SAM21_BASE = "https://dl.fbaipublicfiles.com/segment_anything_2/092824/"


ALWAYS = math.inf  # a confidence that none has


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint: where it comes from, what it must hash to, how it is best used."""

    name: str
    family: str  # tiny, sam, sam2, sam2.1 or student
    file: str
    sha256: str
    base_url: str | None = None  # None: not to be downloaded, it comes with automask
    size_bytes: int | None = None  # None where no trustworthy source states it
    license: str = "Apache-2.0"
    arch: str = ""  # the builder's own name of the architecture
    max_side: int = 1024  # px, longest side of the image given to the generator
    threads: int = 4  # of one worker on a CPU, unless asked otherwise
    # Confidence below which a second look is taken. It costs an encoding: half of the whole where
    # the points are few; of tiny's work a tenth.
    look_again_below: float = 0.8
    # Whether all objects are looked for by boxes, see boxes.py; SAM's own answer points as well.
    boxes_find_all: bool = False
    settings: dict[str, Any] = field(default_factory=dict)  # of the generator, over its defaults

    @property
    def is_student(self) -> bool:
        """Whether `automask train` made it: a network of one class, no SAM."""
        return self.family == "student"

    @property
    def url(self) -> str | None:
        return None if self.base_url is None else self.base_url + self.file


# `tiny` was calibrated on the validation split of its training data, see weights/README.md.
TINY_SETTINGS: dict[str, Any] = {
    "points_per_batch": 16,  # larger blocks leave the cache: half again slower on a CPU
    "pred_iou_thresh": 0.2,
    "stability_score_thresh": 0.4,
    "box_nms_thresh": 0.95,
}
TINY_SHA256 = "f85603ed7ed806a731e89892e1dcefc02dfd59f01a74b56622fc05234965f9ca"

CHECKPOINTS: tuple[Checkpoint, ...] = (
    Checkpoint(
        "tiny", "tiny", "automask_tiny.safetensors", TINY_SHA256,
        arch="tiny", max_side=512, threads=1, look_again_below=ALWAYS,
        boxes_find_all=True, settings=TINY_SETTINGS,
    ),
    Checkpoint(
        "vit_b", "sam", "sam_vit_b_01ec64.pth",
        "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912",
        SAM_BASE, arch="vit_b",
    ),
    Checkpoint(
        "vit_l", "sam", "sam_vit_l_0b3195.pth",
        "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622",
        SAM_BASE, arch="vit_l",
    ),
    Checkpoint(
        "vit_h", "sam", "sam_vit_h_4b8939.pth",
        "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e",
        SAM_BASE, 2564550879, arch="vit_h",
    ),
    Checkpoint(
        "sam2_hiera_tiny", "sam2", "sam2_hiera_tiny.pt",
        "65b50056e05bcb13694174f51bb6da89c894b57b75ccdf0ba6352c597c5d1125",
        SAM2_BASE, arch="sam2/sam2_hiera_t",
    ),
    Checkpoint(
        "sam2_hiera_small", "sam2", "sam2_hiera_small.pt",
        "95949964d4e548409021d47b22712d5f1abf2564cc0c3c765ba599a24ac7dce3",
        SAM2_BASE, 184309650, arch="sam2/sam2_hiera_s",
    ),
    Checkpoint(
        "sam2_hiera_base_plus", "sam2", "sam2_hiera_base_plus.pt",
        "d0bb7f236400a49669ffdd1be617959a8b1d1065081789d7bbff88eded3a8071",
        SAM2_BASE, arch="sam2/sam2_hiera_b+",
    ),
    Checkpoint(
        "sam2_hiera_large", "sam2", "sam2_hiera_large.pt",
        "7442e4e9b732a508f80e141e7c2913437a3610ee0c77381a66658c3a445df87b",
        SAM2_BASE, 897952466, arch="sam2/sam2_hiera_l",
    ),
    Checkpoint(
        "sam2.1_hiera_tiny", "sam2.1", "sam2.1_hiera_tiny.pt",
        "7402e0d864fa82708a20fbd15bc84245c2f26dff0eb43a4b5b93452deb34be69",
        SAM21_BASE, arch="sam2.1/sam2.1_hiera_t",
    ),
    Checkpoint(
        "sam2.1_hiera_small", "sam2.1", "sam2.1_hiera_small.pt",
        "6d1aa6f30de5c92224f8172114de081d104bbd23dd9dc5c58996f0cad5dc4d38",
        SAM21_BASE, arch="sam2.1/sam2.1_hiera_s",
    ),
    Checkpoint(
        "sam2.1_hiera_base_plus", "sam2.1", "sam2.1_hiera_base_plus.pt",
        "a2345aede8715ab1d5d31b4a509fb160c5a4af1970f199d9054ccfb746c004c5",
        SAM21_BASE, 323606802, arch="sam2.1/sam2.1_hiera_b+",
    ),
    Checkpoint(
        "sam2.1_hiera_large", "sam2.1", "sam2.1_hiera_large.pt",
        "2647878d5dfa5098f2f8649825738a9345572bae2d4350a2468587ece47dd318",
        SAM21_BASE, 898083611, arch="sam2.1/sam2.1_hiera_l",
    ),
)  # fmt: skip

# What `automask train` makes; its file itself says how photographs are shown to it.
STUDENT = Checkpoint(
    "student", "student", "student.safetensors", "",
    arch="student", max_side=0, threads=1, look_again_below=0.0,
)  # fmt: skip
# No checkpoint to propose masks with: it draws the outline of those of any other, see outline.py.
REFINER_SHA256 = "c470d65c007a042a4f30b700c2c2f6d049a1e5ed46f8ef5f7161b356b4c91447"
REFINER = Checkpoint("refiner", "refiner", "automask_refiner.safetensors", REFINER_SHA256)

BY_NAME = {checkpoint.name: checkpoint for checkpoint in CHECKPOINTS}
