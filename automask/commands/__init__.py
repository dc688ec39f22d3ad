"""Commands whose packages have none of their own. Nothing here is heavy: `--help` reads it."""
