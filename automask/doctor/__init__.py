"""`automask doctor`: what is wrong with a machine, before the night instead of after it."""
