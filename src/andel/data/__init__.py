"""Room `data`: readings become evidence, and numbers to learn from.

Takes: packets as they arrived (`intake`), and the devices and owners that the role above read from the chain.
Gives: `Batch` (`batch`), one device's readings of one day under one root; openings of drawn leaves and their
verification (`openings`); arrays of integers (`features`). Everything accepted and refused is kept (`store`).
Never: trains, talks to the chain, alters a packet.
"""
