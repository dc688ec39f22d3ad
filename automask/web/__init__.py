"""A small floor for local servers: who may come in, what is refused, how a server starts.

Knows nothing of what is served. Its modules import starlette, which is an extra: import them late.
"""
