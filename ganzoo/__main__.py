"""Runs the command line: `python -m ganzoo`."""

from ganzoo.cli.main import main

main()
