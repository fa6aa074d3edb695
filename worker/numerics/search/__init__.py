"""Which networks are tried for a target, and which is the answer."""
