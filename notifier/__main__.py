"""``python -m notifier``: a notifier process, settings from the environment."""

from notifier.process import main

main()
