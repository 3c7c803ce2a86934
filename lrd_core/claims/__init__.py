"""Published claims: what is computed for each from stored numbers, and the verdict that follows.

Nothing is typed in by hand but a claim's sentence, its source and its rule. Published values and
those computed here are judged apart, see `held.Held`.
"""
