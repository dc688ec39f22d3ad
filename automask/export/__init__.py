"""The masks of a run in the form that the next tool reads."""
