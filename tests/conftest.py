"""Settings for every test: float64, no silent broadcasting, one cache of compiled code.

Programs are traced anew: a test may change a constant that a kept one was traced with.
"""

import jax
import platformdirs

from rehall import runtime

runtime.KEEPS = False

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_compilation_cache_dir", platformdirs.user_cache_dir("rehall"))
