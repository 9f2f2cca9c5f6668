"""Reports by HTTPS POST (RFC 8460 section 5.4): a plain WSGI application that any server can carry.

The way of a POST: `app` (method, limits, body, answer) -> `intake` (ingest, then the store, within some seconds) ->
`spool` where the store is away (Q104), from which `drain` takes it in later. `mount` puts them together.
"""
