"""The writer as a process of its own: it commits while the listener reads, and neither waits for the other's lock.

`client` is the listener's side, `__main__` the process, `wire` what they say to each other.
"""
