"""Training of the refiner: `python -m automask.refiner_training --help`.

sources -> views -> coarsen -> losses -> train, with validate beside it and export at the end.
"""
