"""`automask serve`: masks over HTTP, by the same workers as a run's."""
