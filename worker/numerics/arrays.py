"""Names for the types of numpy arrays."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
# float64 where a path is searched, extended precision where a certificate is written, and the dtype
# of a network where it is evaluated.
AnyArray = NDArray[np.floating]
