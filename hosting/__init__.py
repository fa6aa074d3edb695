"""Processes that run Foldline on a machine: started, kept alive, ended with their parent."""
