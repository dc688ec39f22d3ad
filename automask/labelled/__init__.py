"""Photographs with true masks, real or synthetic."""
