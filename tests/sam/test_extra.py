"""SAM 2's package is an extra: without it automask says what to install, and masks with SAM."""

from __future__ import annotations

import pytest

from automask.errors import InstallationError
from automask.sam import extra
from automask.sam.checkpoints import BY_NAME
from automask.sam.extra import refuse_without_package
from automask.sam.weights import locate


@pytest.fixture(autouse=True)
def without_sam2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, "find_spec", lambda _name: None)


@pytest.mark.parametrize("name", ["tiny", "vit_b"])
def test_sam_needs_nothing_more(name: str) -> None:
    refuse_without_package(BY_NAME[name])


@pytest.mark.parametrize("name", ["sam2_hiera_tiny", "sam2.1_hiera_large"])
def test_sam_2_is_refused_with_the_line_that_installs_it(name: str) -> None:
    with pytest.raises(InstallationError, match=r"pip install --no-build-isolation sam2==1.1.0"):
        refuse_without_package(BY_NAME[name])


def test_the_package_is_asked_for_before_the_weights_are_looked_for() -> None:
    with pytest.raises(InstallationError, match=r"sam2\.1_hiera_tiny needs the package sam2"):
        locate("sam2.1_hiera_tiny")
