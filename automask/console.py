"""What every command shares: where it prints, what it may print, and how it reads a list."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

LOG_WIDTH = 250  # characters; wider than any table


def make_console() -> Console:
    """Standard output, as wide as the terminal, or as a log."""
    from rich.console import Console

    if sys.stdout.isatty():
        return Console(emoji=False, highlight=False)
    # Without a terminal there is no width to obey: one message stays one line of the log.
    return Console(soft_wrap=True, width=LOG_WIDTH, emoji=False, highlight=False)


def split_names(text: str | None) -> list[str] | None:
    """The parts of a comma-separated option; None where it was not given."""
    return None if text is None else [part.strip() for part in text.split(",") if part.strip()]


def shown(name: str) -> str:
    """A file name or message as one harmless line: no control characters, no markup."""
    from rich.markup import escape

    return escape(visible(name))


def visible(name: str) -> str:
    """A file name or message as one line, what cannot be seen spelt: control characters, marks that
    turn the direction of writing, bytes that are no text.
    """
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)
