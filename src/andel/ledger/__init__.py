"""ledger: the chain as plain values, and what is sent to it.

takes  intents (a key, a contract, a function, its values) and the address of a node
gives  `Receipt`; the state of the contracts as plain values; contracts' refusals by name (`Reverted`)
never  computes values, shares or predictions; keeps a key; trusts that a node answers in time or at all

Contracts' interfaces become calls, results and events here and nowhere else. `connection` is the door, `contracts` and
`round_manager` are the contracts, `deployment` puts them on a chain, `artifacts/` holds their compiled code.
"""
