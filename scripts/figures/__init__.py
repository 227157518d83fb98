"""The pictures of docs/figures that scripts/draw_figures.py draws, each from its source."""
