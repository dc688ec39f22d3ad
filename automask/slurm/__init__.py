"""A batch script for SLURM."""
