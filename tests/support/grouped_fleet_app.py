"""The ClientApp that SuperNodes run in tests of grouped mode: an owner of a world whose four make one group."""

from andel.training.client_app import contributor_app
from tests.support.federations import find_owner
from tests.support.grouped import grouped_world

OWNERS = 4
WORLD = grouped_world(OWNERS)
REFERENCE = "tests.support.grouped_fleet_app:app"

app = contributor_app(find_owner(WORLD))
