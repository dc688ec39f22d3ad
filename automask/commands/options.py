"""What the flags of speed mean, for all commands that have them."""

from __future__ import annotations


def speed_flags(points: str | None, exact: bool) -> dict[str, str | None]:
    """--exact is as near to the stock generator as the fast one can be."""
    return {"points": "full", "precision": "float32"} if exact else {"points": points}
