"""Photographs with true masks, real or made up."""
