"""The fuzzer: libFuzzer by atheris over one of the targets. Run by `python -m fuzz`.

python -m fuzz.fuzzer mail|published FINDS CORPUS [libFuzzer's options]
"""

import sys
from pathlib import Path
from random import Random

import atheris

with atheris.instrument_imports(include=["collector", "fuzz.target", "fuzz.published"]):
    from fuzz import published, target

from fuzz.finds import Finds
from fuzz.mutate import mutate


def main() -> None:
    is_mail = sys.argv.pop(1) == "mail"
    finds = Finds(Path(sys.argv.pop(1)), target.run if is_mail else published.run)

    def change_mail(data: bytes, most: int, seed: int) -> bytes:
        return mutate(bytes(data), most, Random(seed), lambda raw, limit: bytes(atheris.Mutate(raw, limit)))

    own = {"custom_mutator": change_mail} if is_mail else {}
    atheris.Setup(sys.argv, lambda data: finds.look(bytes(data)), **own)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
