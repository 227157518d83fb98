"""Calls of contracts in plain words, for whoever votes on them or signs them."""
