"""Shows what the collector stored: pages, API and charts. Reads through `collector.store.queries` only."""
