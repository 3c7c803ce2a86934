"""Write zoo.json anew: what is found of every type, as `python -m tests.models.zoo_table`.

For a new version of transformers. Read the difference before it is committed: a type that was
right and is refused now, or the other way round, wants a reason.
"""

import json
import re
import sys
import tempfile
import time
from pathlib import Path

from transformers import CONFIG_MAPPING

from lrd_core.errors import LrdError
from tests.models import test_zoo
from tests.zoo import zoo_model

FILE = Path(__file__).with_name("zoo.json")
SLOW_SECONDS = 5.0


def main(names: list[str]) -> None:
    content = json.loads(FILE.read_text()) if FILE.exists() else {"types": {}, "slow": []}
    for name in names or list(CONFIG_MAPPING):
        started = time.monotonic()
        verdict = examine(name)
        seconds = time.monotonic() - started
        print(f"{name:28} {seconds:5.1f} s  {verdict}", flush=True)
        if verdict is None:
            continue
        content["types"][name] = verdict
        slow = set(content["slow"]) - {name} | ({name} if seconds > SLOW_SECONDS else set())
        content["slow"] = sorted(slow)
        FILE.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
    right = sum(verdict == "right" for verdict in content["types"].values())
    print(f"{right} right, {len(content['types']) - right} refused")


def examine(name: str) -> str | None:
    """`right`, what the refusal says as a pattern, or None for what the zoo cannot build."""
    try:
        zoo_model(name)
    except Exception as error:
        print(f"{name}: not built: {type(error).__name__}: {str(error)[:80]}")
        return None
    with tempfile.TemporaryDirectory() as folder:
        try:
            test_zoo.test_a_model_type_is_read_rightly(name, Path(folder))
        except LrdError as error:
            reason = str(error).replace("model cannot be loaded", "cannot be loaded")
            return re.escape(reason[:120])
        except Exception as error:
            return f"WRONG {type(error).__name__}: {str(error)[:160]}"
    return "right"


if __name__ == "__main__":
    main(sys.argv[1:])
