"""The other half: what the domains publish. Records and policies are read here; parsing knows no network."""
