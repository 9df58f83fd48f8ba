"""`python -m bot` is the command `tocsin`."""

import gc

gc.disable()  # importing makes no garbage; looking for it is a sixth of a start (bot.cli.app turns it on again)

from bot.cli import main  # noqa: E402

if __name__ == "__main__":
    main()
