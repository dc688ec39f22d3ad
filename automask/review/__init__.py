"""A person settles what a run was not sure of: a server, its page, and what is decided there."""
