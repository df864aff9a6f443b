"""Settings for every test: float64, no silent broadcasting, one cache of compiled code."""

import jax
import platformdirs

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_compilation_cache_dir", platformdirs.user_cache_dir("rehall"))
