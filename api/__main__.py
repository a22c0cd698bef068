"""Entry point of `python -m api`, the same as the command `pursuit`."""

from api.cli import main

main()
