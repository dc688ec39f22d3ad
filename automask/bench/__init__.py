"""`automask bench`: how long a folder takes here, with which model, device and generator."""
