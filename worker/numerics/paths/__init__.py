"""Piecewise-linear paths: the fewest segments within a limit on the largest or the mean error."""
