"""What a contributor's privacy has cost: ε at the task's δ, before joining and after each round.

Counted in ρ of zero-concentrated differential privacy, which adds up over rounds and is met by the discrete Gaussian as
by the continuous one (Canonne, Kamath and Steinke 2020), and turned into (ε, δ) by OpenDP. Neighbours: the same
contributor with any other readings whatever. So an update held to length C may differ by 2 C; by the more lenient usual
rule, with the readings or without them, the same noise counts as twice the multiplier.

Two figures. *Alone* counts the contributor's own noise, and holds whoever else lies or colludes. *In a group* counts
the noise of all whose updates stand in the sum, and holds as long as these are honest. Never draws anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, inf, nextafter, sqrt

from andel.training.dp_noise import opendp
from andel.training.privacy import Privacy, quorum

_SENSITIVITY = 2  # in clip norms: any update of that length can stand for any other


@dataclass(frozen=True, slots=True)
class PrivacyLoss:
    """(ε, δ) after `releases` updates; ε is rounded up to a thousandth, and infinite without noise."""

    releases: int
    epsilon: float
    delta: float


def loss_alone(privacy: Privacy, releases: int) -> PrivacyLoss:
    """What everybody together can learn of one contributor from so many of its updates. Raises InputError as OpenDP."""
    return _loss(privacy, releases, releases * rho_of(privacy, [1], 0) if privacy.noisy else None)


def loss_in_group(privacy: Privacy, releases: int, members: int) -> PrivacyLoss:
    """What the sums of groups tell of one of so many `members` of equal weight, as long as the others are honest."""
    shared = rho_of(privacy, [1] * members, 0) if privacy.noisy else None
    return _loss(privacy, releases, None if shared is None else releases * shared)


def loss_of_rounds(privacy: Privacy, rounds: Sequence[tuple[Sequence[int], int]]) -> PrivacyLoss:
    """What has been told in fact: of each round the weights in the contributor's group and which of them is its own."""
    total = sum((rho_of(privacy, weights, own) for weights, own in rounds), Fraction(0)) if privacy.noisy else None
    return _loss(privacy, len(rounds), total)


def rho_of(privacy: Privacy, weights: Sequence[int], own: int) -> Fraction:
    """ρ of one release, for member `own` of a sum of updates with these weights, each with its own noise.

    Σ wᵢ (xᵢ + ηᵢ) differs by wₒ·2 C when one member's readings do, and its noise has the variance Σ wᵢ² σ². A sum of
    discrete Gaussians of different weights lies on a lattice whose step is far below its deviation; where weights are
    so large that this could be doubted, only the contributor's own noise counts.
    """
    variance = privacy.deviation**2 * sum(weight * weight for weight in weights)
    if privacy.deviation < 16 * max(weights):
        variance = privacy.deviation**2 * weights[own] ** 2
    return Fraction((_SENSITIVITY * weights[own] * privacy.clip_norm) ** 2, 2 * variance)


def statement(privacy: Privacy) -> list[str]:
    """What an owner is told before joining, a sentence a line. Raises InputError where OpenDP is not installed."""
    lines = []
    if privacy.grouped:
        least = quorum(privacy, privacy.group_size)
        lines.append(
            f"Your update leaves masked; with you at least {least} contributors of a group of {privacy.group_size} or"
            " more stand in the sum that everybody sees, for ever. Who is in a group with you is drawn each round."
        )
    else:
        lines.append("Everybody sees each of your updates, for ever.")
    if not privacy.noisy:
        return [*lines, "No noise is added: no bound (ε, δ) holds."]
    alone = loss_alone(privacy, privacy.releases)
    first = loss_alone(privacy, 1)
    lines.append(
        f"Noise of {privacy.noise_thousandths / 1_000:g} times the longest update is added: ε = {first.epsilon:g} after"
        f" one update and {alone.epsilon:g} after all {alone.releases}, at δ = {alone.delta:g}, whatever the others do."
    )
    if privacy.grouped:
        shared = loss_in_group(privacy, privacy.releases, quorum(privacy, privacy.group_size))
        lines.append(
            f"As long as the others of your groups are honest, and of like weight, it is ε = {shared.epsilon:g} after"
            f" all {shared.releases}."
        )
    return lines


def _loss(privacy: Privacy, releases: int, rho: Fraction | None) -> PrivacyLoss:
    if rho is None:
        return PrivacyLoss(releases, inf, 0.0)
    delta = 10.0**-privacy.delta_digits
    if rho == 0:
        return PrivacyLoss(releases, 0.0, delta)
    dp = opendp()
    space = dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64")
    unit = dp.c.make_fix_delta(dp.c.make_zCDP_to_approxDP(dp.m.make_gaussian(*space, scale=1.0)), delta=delta)
    # noise of deviation 1 has ρ = d² / 2 at distance d
    epsilon, _ = unit.map(nextafter(sqrt(2 * rho), inf))
    return PrivacyLoss(releases, ceil(epsilon * 1_000) / 1_000, delta)
