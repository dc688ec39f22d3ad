"""The records of a run for other tools."""
