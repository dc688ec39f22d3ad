"""One module for each format, independent of each other."""
