"""Which layer of which model for these texts: judged by a few labels, beside what needs none."""
