"""Coverage-guided fuzzing of the way from a mail to a Report: `make fuzz`. Needs atheris, in an environment of its own.

target    what is done with the bytes, and what must hold of it
layers    a mail as its layers: around the report, packed, JSON
mutate    changes to one of the layers, so that they get past base64, checksums and quotation marks
finds     what broke: kept once for each place, as small as it can be made
mail      the fuzzer itself; `python -m fuzz` runs it for a while and sums up
"""
