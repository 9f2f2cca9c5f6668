"""Deliveries from files: `.eml`, mbox, Maildir, `.json`, `.json.gz`, `.zip`, folders of these, standard input.

`walk` goes from paths to files, `pieces` from a file to the bytes of each delivery, `mbox` and `archive` cut the two
containers, `run` hands everything to `ingest()` and the store. What a file is, its bytes tell, never its name.
"""
