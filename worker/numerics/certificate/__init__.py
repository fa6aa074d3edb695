"""What a delivered network does: its errors, bounds and breakpoint table."""
