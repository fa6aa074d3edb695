"""Requests that work when pasted as they are; the API page offers them."""

from typing import Any

CSV_EXAMPLE = """x,y
0,0
1,1
2,4
3,9
"""
TABLE_EXAMPLE = """x,first,second
0,0,1
1,1,0.5
2,4,0.25
3,9,0.125
"""
EVALUATION_EXAMPLES: dict[str, Any] = {
    "points": {"summary": "At three points", "value": {"x": [0.0, 0.25, 1.0]}},
}
CURVE_EXAMPLES: dict[str, Any] = {
    "unsorted": {
        "summary": "In any order, one sample twice",
        "value": {"x": [2.0, 0.0, 1.0, 1.0], "y": [4.0, 0.0, 1.0, 1.0], "weight": [1, 1, 1, 2]},
    },
}
JOB_EXAMPLES: dict[str, dict[str, Any]] = {
    "tolerance": {
        "summary": "A square root within 0.01",
        "value": {
            "samples": {
                "x": [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
                "y": [
                    0.0,
                    0.2236068,
                    0.3162278,
                    0.4472136,
                    0.5477226,
                    0.6324555,
                    0.7071068,
                    0.7745967,
                    0.83666,
                    0.8944272,
                    0.9486833,
                    1.0,
                ],
            },
            "target": {"metric": "max_abs", "tolerance": 0.01},
            "options": {"effort": "quick"},
            "name": "square root",
            "metadata": {"sensor": "flow-7"},
        },
    },
    "relative": {
        "summary": "Within 1 % of the range of y",
        "value": {
            "samples": {
                "x": [-40.0, -20.0, 0.0, 20.0, 40.0, 60.0, 80.0, 100.0],
                "y": [75780.0, 28580.0, 12260.0, 5830.0, 3020.0, 1670.0, 976.0, 597.0],
            },
            "target": {"tolerance": 0.01, "relative_to": "range"},
        },
    },
    "budget": {
        "summary": "The best error with 3 segments",
        "value": {
            "samples": {
                "x": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
                "y": [0.0, 1.0, 4.0, 9.0, 16.0, 25.0, 36.0],
            },
            "options": {"max_segments": 3},
        },
    },
}
