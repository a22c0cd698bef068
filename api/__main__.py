"""`python -m api` is `pursuit`."""

from api.cli import main

main()
