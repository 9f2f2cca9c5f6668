"""Rules of counting 4 to 9, as pure functions."""
