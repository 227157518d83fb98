"""Runs the command line as `python -m andel`, the same as the installed `andel`."""

from andel.cli.app import main

if __name__ == "__main__":
    main()
