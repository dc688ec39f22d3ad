"""The morning after: what a run did, as one page that needs nothing else."""
