"""How scripts beside a chart find it and what is drawn in it.

Streamlit mounts a chart anew whenever its figure changes.
"""

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

// The SVG group of a trace's lines and points; null where it has none.
function groupOf(gd, curve) {
  const first = ((gd.calcdata || [])[curve] || [])[0];
  return first && first.node3 ? first.node3.node() : null;
}

// What a trace says of itself for scripts beside the chart: text in most, see plots/steady.py.
function metaOf(trace) {
  const meta = trace && trace.meta;
  return typeof meta === "string" ? JSON.parse(meta) : meta || null;
}

// The two axes of a trace.
function planeOf(gd, curve) {
  const trace = gd._fullData[curve], layout = gd._fullLayout;
  return [layout["xaxis" + trace.xaxis.slice(1)], layout["yaxis" + trace.yaxis.slice(1)]];
}

// A ring around a point of a trace, over the chart; clearRings takes all away.
function ringOn(gd, curve, point) {
  const trace = gd._fullData[curve], [x, y] = planeOf(gd, curve);
  const ring = document.createElement("div");
  ring.className = "lrd-ring";
  ring.style.cssText = "position:absolute;width:18px;height:18px;border:3px solid currentColor;"
    + "border-radius:50%;pointer-events:none;transform:translate(-50%,-50%);z-index:5";
  ring.style.left = `${x._offset + x.l2p(trace.x[point])}px`;
  ring.style.top = `${y._offset + y.l2p(trace.y[point])}px`;
  ring.style.color = gd._fullLayout.font.color;
  gd.style.position = "relative";
  gd.appendChild(ring);
}

function clearRings(gd) {
  for (const ring of gd.querySelectorAll(":scope > .lrd-ring")) ring.remove();
}

// A small picture above a point of a trace, over the chart; clearPicture takes it away.
function pictureOn(gd, curve, point, address) {
  const trace = gd._fullData[curve], [x, y] = planeOf(gd, curve);
  const picture = document.createElement("img");
  picture.className = "lrd-picture";
  picture.alt = "";
  picture.src = address;
  const top = y._offset + y.l2p(trace.y[point]), above = top > 90;
  picture.style.cssText = "position:absolute;width:64px;height:64px;object-fit:contain;"
    + "image-rendering:pixelated;pointer-events:none;z-index:6;border-radius:4px;"
    + `transform:translate(-50%, ${above ? "-100%" : "0"})`;
  picture.style.left = `${x._offset + x.l2p(trace.x[point])}px`;
  // Beyond the words beside the point, whose lines lie above and below it.
  picture.style.top = `${top + (above ? -30 : 30)}px`;
  picture.style.background = gd._fullLayout.paper_bgcolor;
  picture.style.border = `1px solid ${gd._fullLayout.font.color}`;
  gd.style.position = "relative";
  gd.appendChild(picture);
}

function clearPicture(gd) {
  for (const picture of gd.querySelectorAll(":scope > .lrd-picture")) picture.remove();
}
"""
