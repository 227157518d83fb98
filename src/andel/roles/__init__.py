"""roles: who acts. One file per actor, which only wires the rooms together.

contributor (owns devices, trains), founder (launches a model), coordinator (runs rounds), validator (settles them
again and attests), gateway (serves), auditor (replays everything), holder (claims). No role knows another's code.
"""
