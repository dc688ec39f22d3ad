"""`automask watch`: a run whose photographs keep arriving."""
