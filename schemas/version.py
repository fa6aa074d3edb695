"""The versions that enter an answer: of the engine (part of a model's identity) and of the API."""

ENGINE_VERSION = "0.1.0"
API_VERSION = "v1"
