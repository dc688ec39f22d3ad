"""Signals, scratch folders, files, cores."""
