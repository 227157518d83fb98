"""The attack table as Markdown, and its figures as one object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import mean
from typing import Any

from attack_runs import PAY_RULES
from attack_worlds import NEW_YORK, SEASONS

Job = dict[str, Any]
Figures = dict[str, Any]
Groups = dict[tuple[str, str], list[Job]]
Pick = Callable[[Job], float]

AWAY = "they stay away"
PAYS = tuple(PAY_RULES)


def print_tables(jobs: Sequence[Job]) -> None:
    """Every table, with a line above each that says what its cells are."""
    groups = _groups(jobs)
    print("Runs: " + ", ".join(f"{data}, {deal}: {len(own)} seeds" for (data, deal), own in groups.items()) + "\n")
    print("Share over fair share, mean over seeds, by default with least to most; *by gain*, *fixed*: the parts of pay")
    print("apart.\n")
    _print_alone(groups, ("by gain", "default", "fixed"), ("default",))
    print(
        "\nPay over what the same contributor gets under one name, honestly, all seeds together (and of the seed where"
    )
    print("it is most); a late joiner's pay over that of its twin, an equal contributor from the first round on.\n")
    _print_guises(groups, ("by gain", "default", "fixed"), ("default",))
    print("\nThe same runs under other rules. *Drawn*: by default, expected where one contributor a round is drawn to")
    print("train again; *half, floor 1*: `round_share_bps` 5,000, `noise_sigmas` 1.\n")
    _print_alone(groups, ("drawn", "half, floor 1"), ("drawn", "half, floor 1"))
    print()
    _print_guises(groups, ("half, floor 1",), ("half, floor 1",))
    _print_poisoners(groups)
    _print_nobody(groups)
    _print_ways(groups)


def _print_alone(groups: Groups, york: Sequence[str], others: Sequence[str]) -> None:
    columns = _columns("one attacker", groups, york, others)
    first = next(iter(groups.values()))[0]
    # who trains honestly loses nothing by being drawn
    shown = [(group, kind.replace("drawn", "default")) for group, kind in columns]
    _row("honest in its place", [_paid_cell(groups[group], lambda job: job["honest"], kind) for group, kind in shown])
    for name in first["alone"]:
        _row(name, [_paid_cell(groups[group], _alone(name), kind) for group, kind in columns])


def _print_guises(groups: Groups, york: Sequence[str], others: Sequence[str]) -> None:
    columns = _columns("guise", groups, york, others)
    first = next(iter(groups.values()))[0]
    for name in first["names"]:
        _row(name, [_name(groups[group], name, rule) for group, rule in columns])
    for name in first["late"]:
        _row(name, [_late(groups[group], name, rule) for group, rule in columns])


def _columns(
    title: str, groups: Groups, york: Sequence[str], others: Sequence[str]
) -> list[tuple[tuple[str, str], str]]:
    """Prints the head, and gives what its columns are: a setting and a way to pay."""
    columns = [(group, kind) for group in groups for kind in (york if group[0] == NEW_YORK else others)]
    _head(title, [f"{data}, {deal}: {kind}" for (data, deal), kind in columns])
    return columns


def _paid_cell(jobs: Sequence[Job], pick: Callable[[Job], Figures], kind: str) -> str:
    if kind == "drawn":
        return f"{mean(pick(job)['audited'] for job in jobs):.2f}"
    values = [float(pick(job)["over"][kind]) for job in jobs]
    return _cell(values) if kind == "default" else f"{mean(values):.2f}"


def summary(jobs: Sequence[Job]) -> dict[str, Any]:
    """The figures that the issue names, over all jobs unless they say otherwise."""
    york = [job for job in jobs if job["setting"]["data"] == NEW_YORK]
    names = jobs[0]["names"]
    rise = {name: round(mean(_rise(job, name) for job in york), 2) for name in jobs[0]["together"]}
    return {
        "settings": len(jobs),
        "rounds": jobs[0]["setting"]["rounds"],
        "over_fair": {
            name: round(mean(j["alone"][name]["over"]["default"] for j in york), 4) for name in jobs[0]["alone"]
        },
        "over_one_name": {n: {s: round(_over_one(york, n, s), 4) for s in PAYS} for n in names},
        "late_joiner": {n: {s: round(_pooled(york, n, s), 3) for s in PAYS} for n in jobs[0]["late"]},
        "error_rise_percent": rise,
        "honest_dropped_a_round": round(max(job["nobody"]["dropped"] for job in jobs), 3),
        "honest_unpaid": max(max(job["nobody"]["unpaid"].values()) for job in jobs),
    }


def _groups(jobs: Sequence[Job]) -> Groups:
    found: Groups = {}
    for job in sorted(jobs, key=lambda j: (j["setting"]["data"] != NEW_YORK, j["setting"]["deal"] == SEASONS)):
        found.setdefault((job["setting"]["data"], job["setting"]["deal"]), []).append(job)
    return found


def _print_poisoners(groups: Groups) -> None:
    first = next(iter(groups.values()))[0]
    part = mean(first["together"][name]["weight"] for name in list(first["together"])[1:])
    print(
        f"\n30 % poisoners ({part:.1%} of the weight in the first setting). Share over fair share by default; rise of"
    )
    print(
        "the error in percent over the same contributors honest, and over their staying away; updates dropped a round,"
    )
    print("honest contributors unpaid of all seeds; on how many report rows the trigger works.\n")
    for (data, deal), jobs in groups.items():
        titles = ["over fair", "rise over honest", "rise over away", "poisoners dropped", "honest dropped", "unpaid"]
        _head(f"{data}, {deal}", [*titles, "trigger works"])
        for name in jobs[0]["together"]:
            picked = [job["together"][name] for job in jobs]
            _row(
                name,
                [
                    _spread(jobs, lambda j, n=name: j["together"][n]["over"]["default"]),
                    _spread(jobs, lambda j, n=name: _rise(j, n)),
                    _spread(jobs, lambda j, n=name: _rise(j, n) - _rise(j, AWAY)),
                    f"{mean(item['attackers_dropped'] for item in picked):.2f}",
                    f"{mean(item['dropped'] for item in picked):.2f}",
                    f"{sum(item['unpaid']['default'] for item in picked)}",
                    f"{mean(item['triggered'] for item in picked):.0%}",
                ],
            )
        natural = mean(job["nobody"]["triggered"] for job in jobs)
        alone = mean(job["alone"]["backdoor"]["triggered"] for job in jobs)
        print(f"\nThe trigger works without a backdoor on {natural:.0%} of rows, with one alone on {alone:.0%}.\n")


def _print_nobody(groups: Groups) -> None:
    print(
        "Honest contributors, no attacker among them: updates dropped a round, contributors unpaid of all seeds, least"
    )
    print(
        "and most of a share over fair share in any seed, and what part of the budget was minted. Beside one attacker:"
    )
    print("the most dropped a round in any run, and the unpaid of all runs.\n")
    titles = ["dropped", "unpaid", "least", "most", "minted", "dropped beside one", "unpaid beside one", "error"]
    _head("setting: pay", titles)
    for (data, deal), jobs in groups.items():
        beside = [item for job in jobs for item in job["alone"].values()]
        clean = [job["nobody"] for job in jobs]
        for rule in PAYS:
            cells = [
                f"{mean(item['dropped'] for item in clean):.3f}",
                f"{sum(item['unpaid'][rule] for item in clean)}",
                f"{min(item['least'][rule] for item in clean):.2f}",
                f"{max(item['most'][rule] for item in clean):.2f}",
                f"{mean(item['minted'][rule] for item in clean):.0%}",
                f"{max(item['dropped'] for item in beside):.3f}",
                f"{sum(item['unpaid'][rule] for item in beside)}",
                f"{mean(item['error'] for item in clean):.3f}",
            ]
            _row(f"{data}, {deal}: {rule}", cells)


def _print_ways(groups: Groups) -> None:
    print("\nTwo ways to validate. *Sum / gain*: of scores over the gain on the same rows, both over a run. *Lost*:")
    print("rounds, of all, with a gain on these rows and a sum of 0 or less; *<= 0*: of all, whatever the gain.\n")
    titles = ["separate weeks: sum / gain", "<= 0", "lost", "own left out: sum / gain", "<= 0", "lost"]
    _head("validation", [*titles, "own left in: sum / gain"])
    for (data, deal), jobs in groups.items():
        rounds = [ways for job in jobs for ways in job["ways"]]
        cells = []
        for way in ("apart", "own"):
            total, gain = f"sum_{way}", f"gain_{way}"
            cells += [
                _cell([_ratio(job, total, gain) for job in jobs], 3),
                f"{mean(item[total] <= 0 for item in rounds):.0%}",
                f"{mean(item[total] <= 0 < item[gain] for item in rounds):.0%}",
            ]
        cells.append(_spread(jobs, lambda j: _ratio(j, "sum_own", "gain_own") + _ratio(j, "favour", "gain_own"), 3))
        _row(f"{data}, {deal}", cells)
    print()


def _ratio(job: Job, top: str, bottom: str) -> float:
    return sum(w[top] for w in job["ways"]) / sum(w[bottom] for w in job["ways"])


def _rise(job: Job, name: str) -> float:
    return 100 * (float(job["together"][name]["error"]) / float(job["nobody"]["error"]) - 1)


def _alone(name: str) -> Callable[[Job], Figures]:
    return lambda job: job["alone"][name]


def _name(jobs: Sequence[Job], name: str, rule: str) -> str:
    most = max(_over_one([job], name, rule) for job in jobs)
    together = _over_one(jobs, name, rule)
    return f"{together:.3f}" + (f" ({most:.2f})" if most - together >= 0.005 else "")


def _over_one(jobs: Sequence[Job], name: str, rule: str) -> float:
    """The ratio of sums over seeds, as `_pooled`."""
    one = sum(job["honest"]["over"][rule] for job in jobs)
    return sum(job["names"][name][rule] for job in jobs) / one if one else 0.0


def _late(jobs: Sequence[Job], name: str, rule: str) -> str:
    return f"{_pooled(jobs, name, rule):.2f}"


def _pooled(jobs: Sequence[Job], name: str, rule: str) -> float:
    """The ratio of sums over seeds: of one seed a twin may have earned next to nothing."""
    late, early = (sum(job["late"][name][rule][place] for job in jobs) for place in (0, 1))
    return late / early if early else 0.0


def _spread(jobs: Sequence[Job], pick: Pick, digits: int = 2) -> str:
    return _cell([pick(job) for job in jobs], digits)


def _cell(values: Sequence[float], digits: int = 2) -> str:
    shown = f"{mean(values):.{digits}f}"
    if max(values) - min(values) < 0.5 * 10**-digits:
        return shown
    return f"{shown} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def _head(first: str, titles: Sequence[str]) -> None:
    _row(first, titles)
    print("|---" * (len(titles) + 1) + "|")


def _row(first: str, cells: Sequence[str]) -> None:
    print("| " + " | ".join([first, *cells]) + " |")
