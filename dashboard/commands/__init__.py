"""Commands of `tlsrpt` that belong to the dashboard. Found through entry points, imported by nobody."""
