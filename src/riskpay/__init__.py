import os

# Read by Polars' allocator when Polars is first imported. Memory that one step gives back is what the next one takes: kept for
# ten seconds instead of half a one, a tenth of the time goes no longer into asking the system for the same pages again.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:10000,muzzy_decay_ms:10000")
