"""cores: how the threads of every computing process wait for each other."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from automask.system.cores import wait_without_spinning

POLICY = "OMP_WAIT_POLICY"


def test_threads_that_wait_do_not_spin() -> None:
    environ: dict[str, str] = {}
    wait_without_spinning(environ)
    assert environ == {POLICY: "PASSIVE"}


def test_what_the_user_has_set_stays() -> None:
    environ = {POLICY: "ACTIVE"}
    wait_without_spinning(environ)
    assert environ == {POLICY: "ACTIVE"}


CLI = "import os, sys; from automask.cli import main\nsys.argv[1:] = ['models']\n"


@pytest.mark.parametrize(("given", "expected"), [({}, "PASSIVE"), ({POLICY: "ACTIVE"}, "ACTIVE")])
def test_every_command_sets_it_before_it_loads_torch(given: dict[str, str], expected: str) -> None:
    shows = "try:\n main()\nfinally:\n print('torch' in sys.modules, os.environ['OMP_WAIT_POLICY'])"
    clean = {name: value for name, value in os.environ.items() if name != POLICY}
    result = subprocess.run(
        [sys.executable, "-c", CLI + shows],
        env={**clean, **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.splitlines()[-1] == f"False {expected}", result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("room", ["tiny_training", "refiner_training"])
def test_every_training_sets_it_before_it_loads_torch(room: str) -> None:
    code = (
        "import os, runpy, sys; sys.argv[1:] = ['--help']\n"
        "class Looks:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'torch': print(os.environ.get('OMP_WAIT_POLICY'), file=sys.stderr)\n"
        "sys.meta_path.insert(0, Looks())\n"
        f"runpy.run_module('automask.{room}', run_name='__main__')"
    )
    clean = {name: value for name, value in os.environ.items() if name != POLICY}
    result = subprocess.run(
        [sys.executable, "-c", code], env=clean, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr.splitlines()[0] == "PASSIVE"
