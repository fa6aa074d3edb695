"""C99: a header and a source, of the network or of its table, float or fixed point."""
