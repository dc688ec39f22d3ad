"""Which images are this task's, and the batch systems that say so."""
