"""Experiments of one's own: a folder from a template, its rounds at home, and the founding of its model."""
