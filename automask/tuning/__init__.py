"""`automask tune`: adapts a model to one's own reviewed masks.

reviewed (read the pairs, hold some out) -> tunables (what learns, and its loss) -> fit (steps,
early stop) -> tune (before and after, the new weights).
"""
