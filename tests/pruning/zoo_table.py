"""Write zoo.json anew: which blocks each type can lose, as `python -m tests.pruning.zoo_table`.

For a new version of transformers. Read the difference before it is committed: a type that lost
blocks and is refused now, or the other way round, wants a reason.
"""

import json
import re
import sys
import tempfile
from pathlib import Path

from transformers import CONFIG_MAPPING

from lrd_core.errors import LrdError, PruningError
from lrd_core.models.load import load_model
from tests.pruning.test_zoo import compare, padded_texts
from tests.zoo import zoo_folder

FILE = Path(__file__).with_name("zoo.json")
REMOVED = ("1", "0-2", "3")
ENOUGH = 60
"""Characters of a reason that tell it from others."""


def main(names: list[str]) -> None:
    table = json.loads(FILE.read_text()) if FILE.exists() else {}
    for name in names or list(CONFIG_MAPPING):
        verdicts = examine(name)
        print(f"{name:28} {verdicts}", flush=True)
        if verdicts:
            table[name] = verdicts
            FILE.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")


def examine(name: str) -> dict[str, str]:
    """Blocks removed -> `pruned` or the reason; empty for a type that is not built or not read."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        try:
            zoo_folder(name, folder / "whole")
            model = load_model(str(folder / "whole"), device="cpu", dtype="float32").model
        except LrdError:
            return {}
        except Exception as error:
            print(f"{name}: not built: {type(error).__name__}: {str(error)[:80]}")
            return {}
        found = {}
        for words in REMOVED:
            try:
                removed = tuple(map(int, words.split("-")))
                compare(model, removed, padded_texts(), folder / words)
                found[words] = "pruned"
            except PruningError as error:
                found[words] = pattern(str(error))
            except Exception as error:
                found[words] = f"WRONG {type(error).__name__}: {str(error)[:160]}"
        return found


def pattern(message: str) -> str:
    """What a refusal must say, without the model and the blocks, which the test names itself."""
    return re.escape(message.partition(": ")[2][:ENOUGH])


if __name__ == "__main__":
    main(sys.argv[1:])
