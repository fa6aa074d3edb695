"""From a thermistor's data sheet to C for a microcontroller: ADC count in, degrees out.

    foldline serve &
    python examples/thermistor_to_c.py

The thermistor and a resistor of 10 kohm divide the supply; a converter of 12 bits reads the middle.
The answer is a table of a few segments in integers, off by at most 0.1 degC, certified for every
count, and compiled and checked here if there is a C compiler.
"""

import csv
import ctypes
import io
import shutil
import subprocess
import zipfile
from pathlib import Path

from foldline_client import Client

ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "build/examples/thermistor"
SERIES_OHM, FULL_SCALE = 10_000, 4095


def main() -> None:
    """Fit, export, compile, compare."""
    with (ROOT / "examples/curves/ntc_resistance.csv").open() as file:
        rows = [(float(row["x"]), float(row["y"])) for row in csv.DictReader(file)]
    celsius = [temperature for temperature, _ in rows]
    counts = [FULL_SCALE * ohm / (ohm + SERIES_OHM) for _, ohm in rows]
    with Client() as client:
        model = client.fit(
            counts,
            celsius,
            tolerance=0.1,
            relative_to="absolute",
            between_samples="linear",
            minimise="segments",
            name="thermistor",
        )
        files = model.export("c", of="breakpoints", arithmetic="fixed", extrapolate="clamp")
    OUTPUT.mkdir(parents=True, exist_ok=True)
    zipfile.ZipFile(io.BytesIO(files)).extractall(OUTPUT)
    print(model)
    print((OUTPUT / "thermistor.h").read_text().split("Certified of the network")[0])
    if compiler := shutil.which("cc"):
        library = OUTPUT / "thermistor.so"
        flags = ["-std=c99", "-O2", "-shared", "-fPIC"]
        subprocess.run([compiler, *flags, OUTPUT / "thermistor.c", "-o", library], check=True)
        print("wrong values:", ctypes.CDLL(str(library)).thermistor_check())


if __name__ == "__main__":
    main()
