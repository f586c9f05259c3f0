"""Import this before numpy: its threads wait for one another in a loop, which counts as CPU."""

import os

for _library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"
