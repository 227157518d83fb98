"""Who takes part in a simulated run: which site each owner measures, in which weeks, and how honestly.

Weeks are dealt in turn, so that owners of one site hold other weeks each. A participant's keys come from its
number alone: names and kinds are labels for people, which nothing below the simulation reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from andel.device.reading import Profile
from andel.errors import SettingsError

QUARTER = 4


class Kind(StrEnum):
    """What a participant is, for the simulation and for the table at the end."""

    HONEST = "honest"
    RIDER = "rider"
    POISONER = "poisoner"
    REPLAYER = "replayer"


@dataclass(frozen=True, slots=True)
class Participant:
    """One owner with one device. `noise` is the standard deviation added to the target's channel, in its steps;
    `profile` is how the device signs, None: as the scenario's do.
    """

    number: int
    name: str
    kind: Kind
    site: int
    weeks: frozenset[int]
    noise: int = 0
    profile: Profile | None = None


@dataclass(frozen=True, slots=True)
class Casting:
    """How a run is cast: owners per site, whether dishonest ones join, and which honest owners are special.

    `quarter` and `noisy` are counted over the honest owners, site by site; None leaves them out.
    """

    owners_per_site: int
    dishonest: bool = True
    quarter: int | None = None
    noisy: int | None = None
    noise: int = 0


def cast(sites: Sequence[str], weeks: Mapping[int, Sequence[int]], casting: Casting) -> tuple[Participant, ...]:
    """The participants of a run; `weeks` are each site's training weeks, ascending.

    The rider measures at the first site and the poisoner at the second (or the first, where there is one site),
    each with weeks of its own; the replayer owns a device but measures nothing. Raises SettingsError when a site
    has fewer weeks than owners.
    """
    honest = [(site, index) for site in range(len(sites)) for index in range(casting.owners_per_site)]
    roles: dict[int, list[tuple[str, Kind, int | None]]] = {site: [] for site in range(len(sites))}
    for order, (site, index) in enumerate(honest):
        roles[site].append((f"{sites[site]}-{index + 1}", Kind.HONEST, order))
    if casting.dishonest:
        roles[0].append(("rider", Kind.RIDER, None))
        roles[min(1, len(sites) - 1)].append(("poisoner", Kind.POISONER, None))
    participants: list[Participant] = []
    for site, cast_here in roles.items():
        if len(weeks[site]) < len(cast_here):
            raise SettingsError(
                f"{sites[site]} has {len(weeks[site])} training weeks for {len(cast_here)} owners", "use fewer --owners"
            )
        for turn, (name, kind, place) in enumerate(cast_here):
            own = list(weeks[site])[turn :: len(cast_here)]
            if place is not None and place == casting.quarter:
                own = own[: max(1, len(own) // QUARTER)]
            noise = casting.noise if place is not None and place == casting.noisy else 0
            participants.append(Participant(len(participants), name, kind, site, frozenset(own), noise))
    if casting.dishonest:
        participants.append(Participant(len(participants), "replayer", Kind.REPLAYER, 0, frozenset()))
    return tuple(participants)
