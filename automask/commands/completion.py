"""The command `automask completion`."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer


class Shell(str, Enum):
    """Shells that can be taught."""

    bash = "bash"
    zsh = "zsh"
    fish = "fish"


def completion_command(
    shell: Annotated[Shell, typer.Argument(help="bash, zsh or fish.")],
) -> None:
    """Print what makes a shell complete commands and options.

    For bash: automask completion bash > ~/.local/share/bash-completion/completions/automask
    """
    from typer._completion_shared import get_completion_script

    from automask.cli import COMPLETE_VARIABLE

    script = get_completion_script(
        prog_name="automask", complete_var=COMPLETE_VARIABLE, shell=shell.value
    )
    typer.echo(script)
