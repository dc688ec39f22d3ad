"""Many images at once: worker processes, and who they are, how many, and on which machines."""
