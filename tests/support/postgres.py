"""A PostgreSQL cluster of one's own: made in a temporary folder, on a unix socket only, ended with the test session.

The server refuses to run as root; there it runs as the user `postgres` that Debian's package makes.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def missing_parts() -> str:
    """Why no PostgreSQL can be started here, or nothing."""
    if programs() is None:
        return "no PostgreSQL on this machine (on Debian: apt-get install postgresql)"
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed (andel[postgres])"
    if os.geteuid() == 0 and not any(user.pw_name == "postgres" for user in pwd.getpwall()):
        return "PostgreSQL does not run as root, and there is no user `postgres`"
    return ""


def programs() -> Path | None:
    """The folder with initdb and postgres."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of a running server, to which a database's name is to be added: `format(name=...)`."""
    folder = Path(tempfile.mkdtemp(prefix="andel-pg-"))
    binaries = programs()
    assert binaries is not None
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        outcome = subprocess.run(
            [binaries / program, *arguments], user=user, cwd=folder, capture_output=True, text=True, timeout=120
        )
        assert outcome.returncode == 0, f"{program}: {outcome.stdout}{outcome.stderr}"

    try:
        run("initdb", "-D", str(data), "-U", "andel", "-A", "trust", "-E", "UTF8", "--no-locale")
        options = f"-k {folder} -c listen_addresses='' -c max_connections=50"
        run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://andel@/{{name}}?host={folder}"
        finally:
            run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
