"""Coverage-guided fuzzing of one parser: `python -m tests.fuzz.run_atheris NAME RUNS`, or `list` for all names.

Runs in an environment of its own (requirements/fuzz.lock) with `src` and the project's folder on the path. Ends with
an error when a parser raises anything but AndelError, takes over five seconds or a gigabyte; the input that did it is
written to the folder that ANDEL_FUZZ_FINDINGS names, or a temporary one.
"""

import os
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["andel.device", "andel.data", "andel.encoding", "andel.cli"]):
    from andel.errors import AndelError
    from tests.fuzz.parsers import PARSERS


def main() -> None:
    """Runs the parser that the arguments name."""
    name = sys.argv[1]
    if name == "list":
        sys.stdout.write("\n".join(PARSERS) + "\n")
        return
    parse, seeds = PARSERS[name]

    def try_one(data: bytes) -> None:
        try:
            parse(data)
        except AndelError:
            pass

    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for number, seed in enumerate(seeds):
            (corpus / str(number)).write_bytes(seed)
        findings = os.environ.get("ANDEL_FUZZ_FINDINGS", tempfile.gettempdir())
        options = [f"-runs={int(sys.argv[2])}", "-max_len=4200", "-timeout=5", "-rss_limit_mb=1024", "-verbosity=0"]
        atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={findings}/{name}-", str(corpus)], try_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
