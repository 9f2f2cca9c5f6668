"""A database of ten thousand to ten million policy results, made fast and exactly as the product itself makes it.

python -m bench.load sqlite:///big.db 1000000
"""

from bench.load.documents import Mail, envelope_of
from bench.load.fill import Loaded, load
from bench.load.publish import record
from bench.load.world import BIG, World, domain_name

__all__ = ["BIG", "Loaded", "Mail", "World", "domain_name", "envelope_of", "load", "record"]
