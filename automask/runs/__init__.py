"""A run: prepare, dispatch, progress, summary."""
