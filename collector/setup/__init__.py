"""Setting a domain up: what is live now, what to publish, and a test of the way that reports take."""
