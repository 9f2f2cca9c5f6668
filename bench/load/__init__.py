"""A database of ten thousand to ten million policy results, made fast and exactly as the product's own writer makes it.

python -m bench.load sqlite:///big.db 1000000
"""

from bench.load.fill import Loaded, load
from bench.load.world import BIG, World, domain_name

__all__ = ["BIG", "Loaded", "World", "domain_name", "load"]
