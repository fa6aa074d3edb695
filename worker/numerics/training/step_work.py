"""What a step of training costs, and so in which coordinates and where it is taken.

Work is counted in products, not in time, so that it is the same on every machine. A core does some
10^10 a second.
"""

from worker.numerics.networks.local_coordinates import LocalLayout, has_local_coordinates
from worker.numerics.networks.network import Shape

# Below so many products a step, its calls cost more than its arithmetic: on a CPU as well starts
# then go side by side.
SMALL_STEP = 200_000
# What a step costs besides the products of its normal equations, in products.
STEP_OVERHEAD = 3e6
# Products of many small matrices take so many times as long as those of one large one.
OF_SMALL_MATRICES = 5.0
# Networks of more parameters are long: dense equations would cost more than a shallow network
# saves. On every device they are refined on the CPU, in local coordinates.
LONG = 600


def is_small(shape: Shape, rows: int) -> bool:
    """Whether a step of many starts side by side takes about as long as that of one."""
    return _dense_products(shape, rows) <= SMALL_STEP


def is_long(shape: Shape) -> bool:
    """Whether a network of this shape is refined in local coordinates alone."""
    return shape.parameters > LONG


def prefers_local(shape: Shape, rows: int) -> bool:
    """Whether a step in local coordinates costs less than one of dense parameters."""
    if not has_local_coordinates(shape):
        return False
    return _local_products(shape, rows) <= _dense_products(shape, rows)


def step_work(shape: Shape, rows: int) -> float:
    """Products of one step on so many rows."""
    local = prefers_local(shape, rows)
    products = _local_products(shape, rows) if local else _dense_products(shape, rows)
    return products + STEP_OVERHEAD


def _dense_products(shape: Shape, rows: int) -> float:
    return rows * float(shape.parameters) ** 2


def _local_products(shape: Shape, rows: int) -> float:
    layout = LocalLayout(shape)
    touched = 2 * layout.a_knot + layout.above
    return OF_SMALL_MATRICES * (rows + layout.at_knots) * float(touched) ** 2
