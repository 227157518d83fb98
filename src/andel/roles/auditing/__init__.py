"""The parts of an audit, wired by `roles.auditor`.

Each file checks one thing against the chain or the store and says how much of it rests on whom; `findings` holds what
they say, and the one list of kinds of evidence. A new kind gets a line there, and a check where its evidence is read.
"""
