"""From an activation function to ONNX: GELU as a network of a few ReLUs.

    foldline serve &
    python examples/gelu_to_onnx.py

Outside [-6, 6] GELU is 0, or x, and the outer segments go on like that. The file is run by
onnxruntime here if it is installed.
"""

import math
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from foldline_client import Client

OUTPUT = Path(__file__).parents[1] / "build/examples/gelu.onnx"
TOLERANCE = 2e-3


def gelu(x: np.ndarray) -> np.ndarray:
    """X times the normal distribution function of x."""
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def main() -> None:
    """Fit, export, run."""
    x = np.linspace(-6, 6, 2401)
    with Client() as client:
        model = client.fit(x, gelu(x), tolerance=TOLERANCE, relative_to="absolute", name="gelu")
        OUTPUT.parent.mkdir(parents=True, exist_ok=True)
        model.export("onnx", OUTPUT, extrapolate="linear")
    print(model)
    print(f"{OUTPUT.stat().st_size} bytes of ONNX")
    if find_spec("onnxruntime"):
        import onnxruntime

        session = onnxruntime.InferenceSession(OUTPUT)
        inputs = np.random.default_rng(0).uniform(-6, 6, (100_000, 1)).astype(np.float32)
        (outputs,) = session.run(None, {"x": inputs})
        off = np.abs(outputs - gelu(inputs.astype(float))).max()
        print(f"onnxruntime: off by at most {off:.2e} at 100000 inputs from -6 to 6")


if __name__ == "__main__":
    main()
