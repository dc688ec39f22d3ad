"""Training of the bundled model `tiny`: `python -m automask.tiny_training --help`.

data -> augment -> prompts -> losses -> train, with validate beside it and export at the end.
"""
