"""Settings seen from outside: the environment's, where each value came from, their schema."""
