"""Commands of `tlsrpt` that belong to the collector. Found through entry points, imported by nobody."""
