"""Scripts that learn what the package ships as data; they are no part of the package."""

import os

# Sums over several threads end in other last digits: weights would not come out the same twice.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
