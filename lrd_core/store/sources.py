"""Where a row came from, as its column `source` says."""

IMPORTED = "import:"
"""How the source of every imported row begins."""

TRUSTED = ("own", "demo")
"""Sources whose rows stand for work that need not be done again; nothing imported does."""
