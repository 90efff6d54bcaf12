"""Runs the benchmarks one after another: two at once on two cores would measure each other.

Long ones run only if they are named: split, power, aa, tails, queues, environments,
same_environment, published, gates, months.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

USUAL = (
    "startup",
    "memory",
    "target",
    "targets",
    "concurrency",
    "overhead --clients here",
    "pacing",
    "release",
    "accuracy",
    "coverage",
    "spread",
)


def main() -> int:
    """Run the named benchmarks, or the usual ones; return 1 if one missed a bound or failed."""
    wanted = sys.argv[1:] or USUAL
    root = Path(__file__).parent.parent
    missed = []
    for name in wanted:
        command = [sys.executable, "-m", *f"benchmarks.{name}".split()]
        done = subprocess.run(command, cwd=root, check=False)
        missed += [name] if done.returncode else []
    print(f"missed: {', '.join(missed)}" if missed else "all bounds kept")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
