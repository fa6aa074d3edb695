"""What the service answers: the documents of its API, under the names they have there."""
