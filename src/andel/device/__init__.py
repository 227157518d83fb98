"""Room `device`: what a device sent becomes a `SignedReading`.

Takes: bytes of a packet, the public key that the device is registered with, and the epoch of its firmware
where it is known. Gives: `SignedReading` (`reading`), read from a Pebble's packet of any generation (`pebble`,
`pebble_json`) or our envelope (`envelope`), whichever it is (`packets`); what a packet is without a registry
(`inspection`); and signers for all, as firmware does it, for simulations and tests. Never: judges
plausibility, knows owners, stores, reads a clock.
"""
