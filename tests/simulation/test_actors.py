"""The keys of a run in files: whose they are, and who may read them."""

from pathlib import Path

from andel.cli.options import read_key
from andel.simulation.actors import make_actors, write_keys


def test_keys_in_files_are_the_runs_and_nobody_else_may_read_them(tmp_path):
    actors = make_actors(b"keys in files", participants=2, sites=1)
    write_keys(actors, tmp_path / "keys")
    found = {path.stem: read_key(path).address for path in (tmp_path / "keys").glob("*.key")}
    assert found["founder"] == actors.founder.address
    assert [found["owner-0"], found["owner-1"]] == [owner.address for owner in actors.owners]
    assert set(found.values()) == {account.address for account in actors.accounts}
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").glob("*.key")} == {0o600}
    for name, address in found.items():
        assert Path(tmp_path / "keys" / f"{name}.address").read_text() == f"{address}\n"
