"""One bench in a process of its own: `python -m lmcore.bench.child NAME full|tiny` prints a JSON object a row."""

from __future__ import annotations

import importlib
import os
import sys
import warnings

from lmcore.bench import chosen


def main(name: str, size: str) -> None:
    """Run it; its rows are all that goes to stdout, whatever peers may print."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    (name,) = chosen([name])
    for row in importlib.import_module(f"lmcore.bench.{name}").run(size):
        print(row.to_json(), file=out, flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (ValueError, OSError) as refusal:
        sys.exit(f"  not measured: {refusal}")
