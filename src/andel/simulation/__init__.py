"""Simulation: what stands in for the world while a model is tried out.

Takes measured tables (the weather package, a user's own files) and figures of a finished run.
Gives series of real measurements for simulated devices, the central model that a federated one is
compared with, and the report of a run.
Never: nothing below this room imports it, and no room below learns a participant's kind.
"""
