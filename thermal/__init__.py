"""What moves heat: air, liquid, plant and the equipment between them."""

import time

LOADED = time.time()
"""When this process began to import the package [s since the epoch]."""
