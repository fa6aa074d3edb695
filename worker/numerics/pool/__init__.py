"""Fits side by side in processes."""
