"""How a model is founded on a chain: what has to be sent, what it costs, sending it once, and looking at it after."""
