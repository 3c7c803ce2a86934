"""Take a layer away: a model cut after it, as a folder that other programs load."""
