"""What the processes tell their operators; imports nothing of ours but the words."""
