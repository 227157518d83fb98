"""Room `device`: what a device sent becomes a `SignedReading`.

Takes: bytes of a packet, and the public key that the device is registered with. Gives: `SignedReading`
(`reading`), read from a Pebble's packet (`pebble`) or our envelope (`envelope`), whichever it is
(`packets`); and signers for both, as firmware does it, for simulations and tests. Never: judges
plausibility, knows owners, stores, reads a clock.
"""
