"""The bundled results: what they hold, and the one command that makes them again."""
