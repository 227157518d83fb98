"""A good model.toml, and what spoils it: for each edit the line that is blamed, the reason and the remedy."""

import re
from typing import Any

from andel.roles.founding_file.local_accounts import ANVIL

FOUNDER, COORDINATOR, STANDBY = ("0x" + 20 * digits for digits in ("11", "22", "33"))
VALIDATORS = ["0x" + 20 * digits for digits in ("44", "55", "66")]
GOOD = f"""\
# the air of a town
[model]
name = "Air of Oslo"
symbol = "OSLO"
predicts = "PM2.5 three hours ahead"
unit = "µg/m³"

[plan]
round_length = "1 day"
challenge_window = "12 hours"

[alliance]
listers = ["{FOUNDER}"]

[supply]
cap = "1_000_000"
mined_bps = 6_000
sale_bps = 1_500
treasury_bps = 1_500
founders_bps = 1_000

[[supply.founders]]
account = "{FOUNDER}"
bps = 700

[[supply.founders]]
account = "{STANDBY}"
bps = 300

[emission]
halving = "730 days"

[offering]
price = "0.05"
minimum = "500"
opens = 2027-01-20T12:00:00Z

[access]
mode = "paid"

[[access.prices]]
route = "predict"
amount = "0.25"
payment = "{VALIDATORS[0]}"
decimals = 6

[governance]
voting_delay = "2 days"

[operators]
coordinator = "{COORDINATOR}"
standbys = ["{STANDBY}"]
k = 2
bond = "100"

[[operators.validators]]
account = "{VALIDATORS[0]}"
sealing_key = "{"4a" * 32}"

[[operators.validators]]
account = "{VALIDATORS[1]}"
sealing_key = "{"5b" * 32}"

[[operators.validators]]
account = "{VALIDATORS[2]}"
sealing_key = "{"6c" * 32}"

[network]
name = "iotex-testnet"
"""

# What is changed in the good file, the line that is blamed (its text), words of the reason, words of the remedy.
BAD: dict[str, Any] = {
    "no TOML at all": (("bond = ", "bond : "), "bond : ", "no TOML", "key = value"),
    "an open quote": (('unit = "µg/m³"', 'unit = "µg/m³'), "unit = ", "no TOML", "quotes"),
    "a key twice": (("k = 2", "k = 2\nk = 3"), "k = 3", "no TOML", "key = value"),
    "an unknown key": (("sale_bps", "sales_bps"), "sales_bps", "no key 'sales_bps'", "did you mean sale_bps?"),
    "an unknown table": (("[access]", "[acces]"), "[acces]", "no key 'acces'", "did you mean access?"),
    "a missing key": (('symbol = "OSLO"\n', ""), "[model]", "symbol is missing in model", 'symbol = "OSLO"'),
    "a missing key in the second of a list": (
        (f'account = "{VALIDATORS[1]}"\n', ""),
        "[[operators.validators]]#2",
        "account is missing",
        "add account = ",
    ),
    "a number for an amount": (('bond = "100"', "bond = 100"), "bond", "100 is not an amount", '"100"'),
    "a float for an amount": (('price = "0.05"', "price = 0.05"), "price", "0.05 is not an amount", '"0.05"'),
    "an exponent": (('price = "0.05"', 'price = "5e-2"'), "price", "not an amount", 'price = "0.01"'),
    "nineteen places": (('price = "0.05"', f'price = "0.{"0" * 18}1"'), "price", "at most 18 places", "price"),
    "a negative amount": (('bond = "100"', 'bond = "-100"'), "bond", "not an amount", 'bond = "100"'),
    "a cap that counters cannot hold": (('"1_000_000"', '"99_000_000_000_000"'), "cap", "outside 1 to", "bounds"),
    "underscores that mislead": (('"1_000_000"', '"1_00_000"'), "cap", "not an amount", "cap = "),
    "a float for parts": (("mined_bps = 6_000", "mined_bps = 6000.0"), "mined_bps", "whole number", "mined_bps = 1"),
    "a flag for a number": (("k = 2", "k = true"), "k = true", "whole number from 1 to 32", "k = 1"),
    "less than half mined": (("mined_bps = 6_000", "mined_bps = 4_999"), "mined_bps", "from 5000", "mined_bps"),
    "more than a fifth sold": (("sale_bps = 1_500", "sale_bps = 2_001"), "sale_bps", "0 to 2000", "sale_bps"),
    "a time without a unit": (('"12 hours"', '"12"'), "challenge_window", "length of time", '"7 days"'),
    "a window over the contracts' bound": (('"12 hours"', '"31 days"'), "challenge_window", "31 days", "bounds"),
    "a date without an offset": (("12:00:00Z", "12:00:00"), "opens", "a time", "2027-01-31T12:00:00Z"),
    "a date that is none": (("2027-01-20T12:00:00Z", '"2027-02-30T12:00:00Z"'), "opens", "no such date", "like"),
    "a short address": ((COORDINATOR, COORDINATOR[:-1]), "coordinator", "not an address", "0x"),
    "a mistyped checksum": (
        (COORDINATOR, ANVIL[0].replace("f39F", "f39f")),
        "coordinator",
        "checksum",
        "copy the address again",
    ),
    "the zero address": ((COORDINATOR, "0x" + 40 * "0"), "coordinator", "zero address", "somebody holds"),
    "a path that leaves the folder": (
        ('symbol = "OSLO"', 'symbol = "OSLO"\ntask = "../task.json"'),
        "task",
        "not a file's path",
        "task = ",
    ),
    "a line break in a name": (('"Air of Oslo"', '"Air\\nof Oslo"'), "name", "line break", "one line"),
    "parts that do not add up": (("treasury_bps = 1_500", "treasury_bps = 1_400"), "[supply]", "9900", "10000"),
    "founders that do not add up": (("bps = 300", "bps = 200"), "founders_bps", "have 900", "[[supply.founders]]"),
    "operators that take from contributors": (
        ("sale_bps = 1_500\ntreasury_bps = 1_500", "sale_bps = 1_950\ntreasury_bps = 1_550"),
        "[emission]",
        "less than half",
        "operator_share_bps",
        ("mined_bps = 6_000", "mined_bps = 5_500"),
    ),
    "a sale without terms": (
        (re.compile(r"\[offering\].*?\n\n", re.DOTALL), ""),
        "sale_bps",
        "no [offering]",
        "set it to 0",
        ('bond = "100"', 'bond = "100"\ntoken_worth = "0.05"'),
    ),
    "a ceiling over the mined part": (
        ('halving = "730 days"', 'halving = "730 days"\nceiling = "600_000.1"'),
        "ceiling",
        "over the mined part, 600000",
        "lower it",
    ),
    "no rate": (('halving = "730 days"', 'halving = "0 days"'), "[emission]", "without halving", "per_day"),
    "a tail over the rate": (
        ('halving = "730 days"', 'halving = "730 days"\ntail_per_day = "5000"'),
        "tail_per_day",
        "over the rate",
        "lower it",
    ),
    "a minimum nobody can reach": (('"500"', '"7501"'), "minimum", "7501 is over 7500", "lower it"),
    "milestones with nothing left": (
        ('minimum = "500"', 'minimum = "500"\nfirst_bps = 10_000'),
        "first_bps",
        "nothing is left",
        "milestone_rounds",
    ),
    "a sale in the past": (("2027-01-20", "2026-12-20"), "opens", "over before the launch", "later date"),
    "a sale too far away": (("2027-01-20", "2028-01-20"), "opens", "later than 180 days", "launch later"),
    "more places than the payment": (('"0.25"', '"0.0000001"'), "amount", "6 decimals", "correct decimals"),
    "a coin of six decimals": (
        ('minimum = "500"', 'minimum = "500"\ndecimals = 6'),
        "decimals",
        "coin has 18",
        "leave decimals out",
    ),
    "a route with two prices": (
        ("[governance]", '[[access.prices]]\nroute = "predict"\namount = "1"\n\n[governance]'),
        'route = "predict"#2',
        "two prices",
        "once",
    ),
    "an extension over the period": (
        ('voting_delay = "2 days"', 'extension = "6 days"'),
        "extension",
        "longer than the vote",
        "shorten",
    ),
    "a delay below the shortest": (('"2 days"', '"23 hours"'), "voting_delay", "below shortest", "lengthen"),
    "a threshold over a hundredth": (
        ('voting_delay = "2 days"', 'proposal_threshold = "10_001"'),
        "proposal_threshold",
        "over a hundredth",
        "lower it",
    ),
    "an owner beside a vote": (
        ("# the air of a town", f'owner = "{FOUNDER}"'),
        "owner",
        "an owner or is governed",
        "leave owner out",
    ),
    "half of the validators": (
        ("k = 2", "k = 1"),
        "k = 1",
        "k is 1 of n = 3",
        "2 to 3",
    ),
    "one account in two parts": (
        (f'account = "{VALIDATORS[2]}"', f'account = "{COORDINATOR}"'),
        f'account = "{COORDINATOR}"',
        "is the coordinator and a validator",
        "name another",
    ),
    "bonds that end too soon": (
        ('bond = "100"', 'bond = "100"\nunbonding = "32 days"'),
        "unbonding",
        "before all that was done",
        "at least",
    ),
    "a coordinator that is replaced too soon": (
        ('bond = "100"', 'bond = "100"\nidle = "1 hour"'),
        "idle",
        "would be replaced",
        "at least",
    ),
    "bonds that cover no round": (('bond = "100"', 'bond = "1"'), "bond", "k bonds cover 2", "raise bond"),
    "a token of unknown worth": (
        ('price = "0.05"', f'price = "0.05"\npayment = "{VALIDATORS[0]}"'),
        "[operators]",
        "held to be worth",
        "token_worth",
    ),
    "an account whose key everybody knows": (
        (f'coordinator = "{COORDINATOR}"', f'coordinator = "{ANVIL[1]}"'),
        "coordinator",
        "everybody knows the key",
        "of your own",
    ),
    "nobody who could contribute": (
        (f'listers = ["{FOUNDER}"]', "listers = []"),
        "[alliance]",
        "nobody could contribute",
        "add listers",
    ),
    "a founder at once, where it counts": (
        ("bps = 700", 'bps = 700\ncliff = "1 day"'),
        "[[supply.founders]]",
        "sooner than buyers",
        "180 days",
        ('"iotex-testnet"', '"iotex"'),
    ),
    "another network without an address": (('"iotex-testnet"', '"other"'), "[network]", "needs its rpc", "add rpc"),
    "another chain's id": (
        ('"iotex-testnet"', '"iotex-testnet"\nchain_id = 4689'),
        "chain_id",
        "is chain 4690",
        "leave it out",
    ),
    "a factory without its registries": (
        ('"iotex-testnet"', f'"iotex-testnet"\n[network.contracts]\nModelFactory = "{FOUNDER}"'),
        "[network.contracts]",
        "registries",
        "name both",
    ),
}
