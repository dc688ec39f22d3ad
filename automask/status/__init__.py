"""`automask status` and `automask merge`: the ledgers of all tasks together."""
