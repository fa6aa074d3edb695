"""Networks: their families, their evaluation, and their delivery in a dtype."""
