"""What ``foldline doctor`` looks at, a module each; ``cli.commands.doctor`` has the list."""
