"""What pages and the command line call: one module for each concern.

Importing any of them must stay fast: no torch, transformers, mteb or umap. Work that needs
those runs in the worker, through lrd_core.jobs, or on the command line.
"""
