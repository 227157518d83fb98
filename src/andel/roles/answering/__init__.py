"""A server of the market: what it answers, and how it gets answers to the chain.

Takes a key, the market, and where versions are kept. Gives sealed and revealed answers, and transactions that anybody
may send. Never keeps state of its own: the chain is all it remembers.
"""
