"""C99: one header and one source, of the network or of its breakpoint table, float or fixed point."""
