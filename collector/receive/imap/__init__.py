"""Reports from a mailbox: for those who cannot open port 25."""
