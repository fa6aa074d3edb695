"""A model in the forms its users need: files for other programs, each with a check of itself."""
