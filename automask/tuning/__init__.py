"""`automask tune`: adapts a model to reviewed masks.

reviewed (read the pairs, hold some out) -> tunables (trainable weights and loss) -> fit (steps,
early stop) -> tune (measure before and after, write the weights).
"""
