"""What is there to see: one module a question, from stored rows to a frozen value.

Pages, the command line, notebooks and tests ask the same functions. Importing any of them must
stay fast: no torch, transformers, mteb or umap.
"""
