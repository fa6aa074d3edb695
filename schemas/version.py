"""The version of the engine: part of every model's identity."""

ENGINE_VERSION = "0.6.0"
