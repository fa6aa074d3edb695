"""The fit engine: arrays in, certified network out. Knows nothing of queues, files or HTTP."""
