"""One module for each kind of thing the API serves."""
