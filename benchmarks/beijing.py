"""`benchmarks/seeds.py` on the UCI Beijing stations: PM2.5 six hours ahead."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

sys.argv.append("--beijing")
runpy.run_path(str(Path(__file__).with_name("seeds.py")), run_name="__main__")
