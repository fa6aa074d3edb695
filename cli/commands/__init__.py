"""The commands, a module each; ``cli.main`` has the list."""
