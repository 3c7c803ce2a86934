"""Where the definitions come from, as shown on cards."""

LRD = "Layer-wise Representation Dynamics, arXiv 2605.12714"
LBL = "Layer by Layer, arXiv 2502.02013"
