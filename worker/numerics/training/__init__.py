"""Training: Levenberg-Marquardt on many networks, phase 1 and phase 2."""
