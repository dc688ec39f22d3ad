"""One module a command: parse, call one function, print. automask/cli.py lists them."""
