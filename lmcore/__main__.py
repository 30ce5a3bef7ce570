"""python -m lmcore: the playground's work without a browser."""

import sys

from lmcore.cli import main

sys.exit(main())
