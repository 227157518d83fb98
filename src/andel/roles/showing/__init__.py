"""Showing: the facts behind the page, one file for each resource, read from the chain and the content store alone."""
