"""`automask compare`: two runs over the same photographs."""
