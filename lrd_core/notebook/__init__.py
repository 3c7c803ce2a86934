"""What a notebook calls: the parts joined for one question at a time. See `lrd_core`."""
