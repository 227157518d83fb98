"""Contributor-owned machine learning: signed sensor data in, exact shares and answers on chain out.

The path is one line of rooms, `device -> data -> training -> value -> ledger -> serving`. `roles` wires them,
one file per actor; `simulation` plays whole casts of actors; `cli` is the way in for people. Imports run one
way, from the end of that line to its start. Importing this package does no work and reads no environment.
"""

__version__ = "0.1.0"
