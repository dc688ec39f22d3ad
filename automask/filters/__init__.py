"""What the filters between the asking and the choice cost: see oracle.py."""
