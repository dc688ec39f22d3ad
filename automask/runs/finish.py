"""`--on-finish`: a command that is called when a run has ended, its summary on standard input."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from dataclasses import dataclass

from automask.errors import UsageError
from automask.runs.messages import Message
from automask.show.console import visible

LIMIT_SECONDS = 300


@dataclass(frozen=True)
class OnFinish:
    """The command, split into words once; no shell ever sees it."""

    words: tuple[str, ...]

    @classmethod
    def parse(cls, command: str) -> OnFinish:
        """Splits as a shell would, and expands nothing. Raises UsageError."""
        try:
            words = tuple(shlex.split(command))
        except ValueError as error:
            raise UsageError(f"--on-finish {command!r}: {error}") from error
        if not words:
            raise UsageError("--on-finish needs a command")
        return cls(words)

    def tell(self, message: Message) -> None:
        """Call the command. Its errors are printed, and change no exit code."""
        try:
            ended = subprocess.run(
                self.words, input=json.dumps(message, default=str) + "\n", text=True,
                timeout=LIMIT_SECONDS, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            _complain(f"--on-finish: {error}")
            return
        if ended.returncode:
            _complain(f"--on-finish {self.words[0]}: exit code {ended.returncode}")


def _complain(text: str) -> None:
    print(f"automask: {visible(text)}", file=sys.stderr, flush=True)
