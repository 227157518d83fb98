"""Serving: a model version becomes answers, in the EVM, signed, or over HTTP.

Takes: a version's integer parameters and its task; questions (feature codes and the last measured value).
Gives: one integer model file per version, its exact evaluation, the EVM code that answers with the same bits,
and from these the `Prediction` that operators sign, a page and an API.
Never: changes a model, trains, or decides which version is current.
"""
