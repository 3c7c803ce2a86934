"""How scripts beside a chart find it: Streamlit mounts it anew whenever its figure changes."""

WATCH_JS = """
// Calls listeners on the chart with this key for as long as this is the newest call of its kind.
// attached(gd): once for every new chart, before its listeners. each(gd): again and again.
// Returns what ends it.
function watchChart(kind, figure, listeners, attached, each = () => {}) {
  let gd = null;
  // Streamlit may call a component again before it cleans up; only the newest call acts.
  const newest = ((window.__lrdWatches ??= {})[kind] ??= {});
  const token = newest[figure] = {};
  const release = () => {
    if (!gd || !gd.removeListener) return;
    for (const [name, listener] of Object.entries(listeners)) gd.removeListener(name, listener);
  };
  const stop = () => { clearInterval(watch); release(); };
  const attach = () => {
    if (newest[figure] !== token) { stop(); return; }
    const found = document.querySelector(
      `.st-key-figure_${CSS.escape(figure)} .js-plotly-plot`);
    if (!found || !found.on || !found._fullLayout || !found._fullData) return;
    if (found !== gd) {
      release();
      gd = found;
      attached(gd);
      for (const [name, listener] of Object.entries(listeners)) gd.on(name, listener);
    }
    each(gd);
  };
  const watch = setInterval(attach, 200);
  return stop;
}
"""
