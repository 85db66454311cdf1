"""`python -m boardwork` -> the command line."""

from boardwork.cli import main

main(prog_name="boardwork")
