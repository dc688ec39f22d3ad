"""`python -m automask.refiner_training IMAGES MASKS --run-dir DIR`: trains the refiner."""

from __future__ import annotations

from automask.system.cores import wait_without_spinning

if __name__ == "__main__":
    wait_without_spinning()  # before torch is loaded
    import typer

    from automask.refiner_training.command import main

    typer.run(main)
