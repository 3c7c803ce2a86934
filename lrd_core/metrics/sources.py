"""Where the definitions come from, as shown on cards."""

LRD = "Layer-wise Representation Dynamics, arXiv 2605.12714"
LBL = "Layer by Layer, arXiv 2502.02013"
SINKS = "Attention sinks and compression valleys, arXiv 2510.06477"
MASSIVE = "Massive activations, arXiv 2402.17762"
