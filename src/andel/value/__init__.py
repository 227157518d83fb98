"""value: what each contribution was worth.

takes  `RoundResult`, the history, the validation rows, and what the chain says of the round
gives  `ValueReport`: weights, aggregate, step, next version, and integer shares that sum exactly
never  trains, sends transactions

One pure function, `settle.settle`, is called by coordinator, validator, challenger and auditor alike.
"""
