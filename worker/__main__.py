"""``python -m worker``: the workers of a machine; with a name, one of RQ's workers among them.

Settings come from the environment.
"""

import sys
from importlib import import_module

if len(sys.argv) > 1:
    import_module("worker.rq_worker").main(sys.argv[1])
else:
    import_module("worker.process").main()
