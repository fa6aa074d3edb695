"""Words and data: every request, answer and stored document."""
