"""`python -m automask`, the same as `automask`."""

from automask.cli import main

if __name__ == "__main__":
    main()
