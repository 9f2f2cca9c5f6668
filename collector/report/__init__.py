"""From bytes to a `Report`: pure and total. No network, no clock, no database."""
