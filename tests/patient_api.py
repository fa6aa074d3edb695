"""The API process; when it leaves, those it is answering have all the time they need."""

from cli import api

if __name__ == "__main__":
    api.GRACE_S = 1_000_000
    api.main()
