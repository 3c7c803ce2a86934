"""What changes something: starting work, importing, uploading, cleaning up."""
