"""One module for each format; none knows another."""
