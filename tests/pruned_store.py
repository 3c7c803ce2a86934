"""Small stores of pruning trials with known answers, made without any model."""

import numpy as np

from lrd_core.config import Config
from lrd_core.pruning.profile import Profile
from lrd_core.store import connect
from lrd_core.store.calibrations import save_calibration
from lrd_core.store.keys import canonical_json
from lrd_core.store.latencies import save_latency
from lrd_core.store.trials import save_trials
from tests.filled_once import filled_once
from tests.pruning.trial_table import calibration, example_trials, latency, trial

LANGUAGE = {"perplexity": 90.0, "perplexity_full": 60.0, "agreement": 0.5, "divergence": 0.4}


@filled_once
def fill_trials(config: Config) -> None:
    """Trials of `small`, timed at one block, and a calibration of MiniLM."""
    profile = Profile(
        tuple(range(6)), {"nrs": np.array([0, 0.1, 0.9, 0.2, 0.1, 0]), "gfmi": np.arange(7.0)}
    )
    row = calibration(
        profile, model="all-MiniLM-L6-v2", model_id="id", revision="r", task="lee-sts"
    )
    with connect(config) as connection:
        save_trials(connection, example_trials())
        save_latency(connection, latency(1, 1.25))
        save_calibration(connection, row)


@filled_once
def fill_speaker(config: Config) -> None:
    """One trial of a language model, with what it did to the language."""
    settings = canonical_json({"language_texts": 12, "max_length": 32})
    spoken = trial("gfmi", (1,), -1.0, budget=0.1, model="speaker", settings=settings, **LANGUAGE)
    with connect(config) as connection:
        save_trials(connection, [spoken])
