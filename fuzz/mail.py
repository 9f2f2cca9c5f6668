"""The fuzzer: libFuzzer by atheris over `target.run`. Run by `python -m fuzz`.

python -m fuzz.mail FINDS CORPUS [libFuzzer's options]
"""

import sys
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["collector", "fuzz.target"]):
    from fuzz import target

from fuzz.finds import Finds
from fuzz.mutate import mutate


def main() -> None:
    finds = Finds(Path(sys.argv.pop(1)), target.run)

    def custom_mutator(data: bytes, most: int, seed: int) -> bytes:
        return mutate(bytes(data), most, Random(seed), lambda raw, limit: bytes(atheris.Mutate(raw, limit)))

    atheris.Setup(sys.argv, lambda data: finds.look(bytes(data)), custom_mutator=custom_mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
