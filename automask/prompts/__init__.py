"""Prompts from a file: boxes of a detector, points for a camera that does not move."""
