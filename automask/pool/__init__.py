"""Many images at once: processes on a CPU, threads around one GPU."""
