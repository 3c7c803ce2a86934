"""What Streamlit's own theme cannot say: widths, sizes, and how a page is printed.

Toolbars of figures stand above them: inside they would lie over keys and column heads.
"""

STYLE = """
<style>
.block-container { padding: 4.25rem 2.5rem 4rem; max-width: 1900px; }
.lrd-provenance { font-size: .8125rem; opacity: .82; overflow-wrap: anywhere; margin: 0; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p {
  color: inherit; opacity: .9;
}
[data-testid="stCode"] .token, [data-testid="stWidgetLabel"] { color: inherit !important; }
.lrd-sentence { font-size: 1.0625rem; line-height: 1.45; max-width: 72rem; margin: 0; }
[data-tag] {
  background-color: color-mix(in srgb, currentColor 13%, transparent) !important;
}
[data-tag], [data-tag] * { color: inherit !important; }
[data-testid="stSidebar"] .react-aria-ComboBox > div { max-height: 14rem !important; }
[data-testid="stMultiSelect"] [role="group"]:has(> [data-testid="stMultiSelectTagsContainer"]) {
  height: auto !important; max-height: 9rem !important;
}
[data-testid="stMultiSelectTagsContainer"] {
  flex-wrap: wrap !important; height: auto !important; padding-block: .25rem;
}
[data-testid="stElementContainer"]:has(> * [data-testid="stPlotlyChart"]),
[data-testid="stPlotlyChart"] .js-plotly-plot { overflow: visible !important; }
[data-testid="stFullScreenFrame"]:has(> [data-testid="stPlotlyChart"]) {
  width: round(down, 100%, 1px) !important;
}
[data-testid="stPlotlyChart"] .modebar-container { top: -1.6rem !important; z-index: 5; }
[data-testid="stPlotlyChart"] .modebar { pointer-events: none; }
[data-testid="stPlotlyChart"] .js-plotly-plot:hover .modebar,
[data-testid="stPlotlyChart"] .modebar:focus-within {
  background: light-dark(#FFFFFF, #12161C) !important; pointer-events: auto;
}
[data-testid="stPlotlyChart"] .modebar:focus-within .modebar-group { opacity: 1 !important; }
.lrd-apart { font-size: .9rem; max-width: 72rem; margin: .2rem 0 0; }
.lrd-chosen { border-left: 5px solid; padding-left: .5rem; overflow-wrap: anywhere; }
.st-key-depth_controls .st-key-lift { min-width: 14rem; flex: 1 1 14rem; }
.st-key-depth_controls .st-key-metrics { min-width: 19rem; flex: 1 1 19rem; }
[data-testid="stBaseButton-primary"] p { color: light-dark(#FFFFFF, #0B1016); }
.st-key-pruning_controls .st-key-rules { min-width: 24rem; flex: 1 1 100%; }
[data-testid="stSidebarNavLink"]:focus-visible {
  outline: 2px solid currentColor; outline-offset: -2px;
}
[data-testid="stMain"]:focus-visible { outline: 2px solid currentColor; outline-offset: -2px; }
h1 { padding-top: 0; font-size: 2rem !important; }
h2 { font-size: 1.15rem !important; padding: .3rem 0 .1rem !important; }
@media (max-width: 1200px) {
  [class*="st-key-beside_"] > * > [data-testid="stHorizontalBlock"] { flex-direction: column; }
  [class*="st-key-beside_"] > * > * > [data-testid="stColumn"] { width: 100%; }
}
@media print { [data-testid="stSidebar"], [data-testid="stHeader"] { display: none; } }
</style>
"""
