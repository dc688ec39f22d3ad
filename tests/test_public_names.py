"""What `import automask` shows before any of it is loaded."""

from __future__ import annotations

import automask


def test_the_public_names_are_listed() -> None:
    assert {"RunConfig", "run", "mask_image", "load_records"} <= set(dir(automask))
    assert set(automask.__all__) <= set(dir(automask))
