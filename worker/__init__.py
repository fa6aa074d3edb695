"""The worker: fits what is queued."""
