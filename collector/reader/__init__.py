"""Large mails are read in processes of their own: whatever one holds, the event loop answers everybody else meanwhile,
and the memory it takes goes back with the process.

`client` is the listener's side, `__main__` the process, `wire` what they say to each other.
"""
