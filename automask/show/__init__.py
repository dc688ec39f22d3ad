"""What people see: console, pages, tiles, tables."""
