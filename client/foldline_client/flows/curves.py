"""Curves: the samples that a job or a model is about."""

import numpy as np

from foldline_client.answers import parsed
from foldline_client.documents.questions import Curve
from foldline_client.effects import Call, Flow, send
from foldline_client.network import Rows


def curve(path: str) -> Flow[Rows]:
    """The samples of the job or model at this address, as a structured array [N]."""
    answer = yield from send(Call("GET", f"{path}/samples", {"format": "json"}))
    columns = {name: column for name, column in parsed(Curve, answer.content) if column is not None}
    rows: Rows = np.empty(len(columns["x"]), [(name, np.float64) for name in columns])
    for name, column in columns.items():
        rows[name] = column
    return rows
