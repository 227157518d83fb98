"""training: what contributors do together.

takes  feature arrays and a `RoundPlan`
gives  `RoundResult`: the signed commitments, openings and updates of one round; nothing is decided here
never  knows tokens or money

Flower lives here and nowhere else (`grid`, `client_app`, `receipts`, `strategy`, `rounds`); the plan, the
integer network and the updates import without it.
"""
