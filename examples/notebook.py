"""A pump's efficiency, from samples to a plot: a notebook as a script (``# %%`` begins a cell).

foldline serve &
python examples/notebook.py
"""

# %% The samples: efficiency over flow.
from pathlib import Path

import matplotlib as mpl
import numpy as np

from foldline_client import Client

mpl.use("Agg")  # a file, no window
import matplotlib.pyplot as plt

HERE = Path(__file__).parent
OUTPUT = HERE.parent / "build/examples"
OUTPUT.mkdir(parents=True, exist_ok=True)
flow, efficiency = np.loadtxt(HERE / "curves/pump_efficiency.csv", delimiter=",", skiprows=1).T

# %% Four accuracies, in fractions of the range.
client = Client()
models = {
    tolerance: client.fit(flow, efficiency, tolerance=tolerance, name="pump")
    for tolerance in (1e-1, 1e-2, 1e-3, 1e-4)
}
for tolerance, model in models.items():
    print(f"{tolerance:g}: {model}")

# %% The function, and where it folds.
figure, (upper, lower) = plt.subplots(2, 1, figsize=(8, 8), sharex=True, layout="constrained")
models[1e-2].plot(flow, efficiency, ax=upper)
upper.set_ylabel("efficiency")

# %% The errors, between the samples too.
between = np.linspace(flow[0], flow[-1], 5001)
for tolerance, model in models.items():
    error = np.abs(model(between) - np.interp(between, flow, efficiency))
    parameters = model.architecture.parameters
    lower.semilogy(between, error + 1e-9, label=f"{tolerance:g}: {parameters} parameters")
lower.set_xlabel("flow, m³/h")
lower.set_ylabel("error")
lower.legend()
figure.savefig(OUTPUT / "pump.png", dpi=120)
print(f"{OUTPUT / 'pump.png'}")

# %% Every model says what it promises.
print(models[1e-3].certificate)
client.close()
