"""The notifier: tells strangers what they asked to be told; sends webhooks and nothing else."""
