"""A model's economy on paper: a year of rounds, votes and revenue by integer copies of the contracts' rules.

Takes the terms a founder sets and a seed. Gives who earned, paid and lost what, checked against invariants at every
step, and what each attack would have brought beside honesty. Never asks a chain and never moves money.
"""
