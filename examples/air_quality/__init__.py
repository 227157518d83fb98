"""The air-quality index: two models in one alliance of reference stations and Pebbles, an index for any place among
them, and a contract that pays for days of bad air. README.md beside this file says how to run it.
"""
