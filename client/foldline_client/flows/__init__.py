"""What the two clients do, step by step, without doing it."""
