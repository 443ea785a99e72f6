"""The console command `hausmeister`."""

import os
import sys

from hausmeister.base.env import BadSetting


def main() -> None:
    """Run the console command; what is wrong with the deployment is said in one sentence."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hausmeister.settings")  # noqa: TID251 - Django reads its own name there
    # several threads of BLAS get in each other's way on small matrices (docs/decisions/0051); read when numpy is loaded
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # noqa: TID251 - BLAS reads its own name there
    from hausmeister.console.group import commands

    try:
        commands()
    except BadSetting as error:
        print(f"hausmeister: {error}", file=sys.stderr)  # noqa: T201 - the console's own last word
        sys.exit(2)


if __name__ == "__main__":
    main()
