"""Whole applications on Andel, each in a folder of its own, run from the checkout: `python -m examples.NAME`."""
