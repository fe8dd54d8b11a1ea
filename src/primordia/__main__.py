"""`python -m primordia` is `primordia`."""

import sys

from primordia.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
