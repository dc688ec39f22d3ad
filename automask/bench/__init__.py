"""`automask bench`: how long a folder takes on this machine, by model, device and generator."""
