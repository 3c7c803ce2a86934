"""How a script moves a mounted chart between the frames of its figure, without the server.

A figure brings its frames along (plots/gliding.py). In motion its marks are drawn on a canvas over
the plot, and the places that Plotly keeps for pointing and lassos move along; what comes to rest is
told to Plotly. The camera, the selection and everything that no frame names stay as they are.
"""

MOTION_JS = """
const ARRAYS = { f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array,
  i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array };
const DASHES = { solid: [], dot: [1, 1], dash: [3, 3], longdash: [5, 5], dashdot: [3, 1, 1, 1] };
const UNITS = 255;

// A column of numbers as Plotly packs it, or a list as it is.
function unpack(column) {
  if (!column || !column.bdata) return column;
  const bytes = Uint8Array.from(atob(column.bdata), (letter) => letter.charCodeAt(0));
  return new ARRAYS[column.dtype](bytes.buffer);
}

const unpacked = new WeakMap();

// What a frame gives: for each of its traces the curve's number and the columns that change.
function frameAt(gd, index) {
  const given = (gd._transitionData && gd._transitionData._frames) || [];
  let known = unpacked.get(gd);
  if (!known || known.given !== given) unpacked.set(gd, known = { given, made: [] });
  return (known.made[index] ??= given[index].data.map((one, place) => ({
    curve: given[index].traces[place],
    x: unpack(one.x), y: unpack(one.y), z: unpack(one.z),
    colour: unpack(one.marker && one.marker.color), text: one.text,
  })));
}

const framesOf = (gd) => ((gd._transitionData && gd._transitionData._frames) || []).length;

// Whether what moves is drawn as SVG, whose marks can be moved; else Plotly draws every frame.
const isFlat = (gd) => frameAt(gd, 0).every(({ curve }) => gd._fullData[curve].type === "scatter");

function alike(one, other) {
  if (other === undefined) return true;
  if (!one || one.length !== other.length) return false;
  const step = Math.max(1, Math.floor(other.length / 16));
  for (let at = 0; at < other.length; at += step) {
    const near = Math.abs(one[at] - other[at]) <= 1e-6 * (1 + Math.abs(other[at]));
    if (!near && (Number.isFinite(one[at]) || Number.isFinite(other[at]))) return false;
  }
  return true;
}

// Whether the chart, as Plotly knows it, stands at this frame.
const stands = (gd, index) => frameAt(gd, index).every(({ curve, x, y, z }) => {
  const now = gd._fullData[curve];
  return alike(now.x, x) && alike(now.y, y) && alike(now.z, z);
});

// The colours of a colour axis from low to high, to look amounts up in.
function paletteOf(gd) {
  const axis = gd._fullLayout.coloraxis;
  const channels = (text) => (text.match(/^#/)
    ? [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16))
    : text.match(/[0-9.]+/g).slice(0, 3).map(Number));
  const stops = axis.colorscale.map(([share, colour]) => [share, channels(colour)]);
  const colours = Array.from({ length: UNITS + 1 }, (_, unit) => {
    const share = unit / UNITS;
    const upper = Math.max(1, stops.findIndex(([stop]) => stop >= share));
    const [[low, from], [high, to]] = [stops[upper - 1], stops[upper]];
    const part = (share - low) / (high - low);
    return `rgb(${from.map((value, at) => Math.round(value + part * (to[at] - value))).join(",")})`;
  });
  const { cmin, cmax } = axis;
  return (amount) =>
    colours[Math.round(UNITS * Math.min(1, Math.max(0, (amount - cmin) / (cmax - cmin))))];
}

// Where marks in motion are drawn: a canvas over the plot; moving thousands of SVG marks is slow.
function stageOf(gd) {
  let stage = gd.__lrdStage;
  if (stage && stage.drawn === gd.calcdata) return stage;
  leaveStage(gd);
  const under = gd.querySelector(".main-svg"), canvas = document.createElement("canvas");
  canvas.className = "lrd-motion";
  canvas.style.cssText = "position:absolute;left:0;top:0;pointer-events:none";
  under.after(canvas);
  stage = { canvas, drawn: gd.calcdata, curves: new Map() };
  for (const { curve } of frameAt(gd, 0)) {
    const group = groupOf(gd, curve);
    if (!group) continue;
    const shapes = {};
    stage.curves.set(curve, [...group.querySelectorAll(":scope > .points > path.point")].map(
      (node) => ({
        point: node.__data__,
        shape: (shapes[node.getAttribute("d")] ??= new Path2D(node.getAttribute("d"))),
        fill: node.style.fill, stroke: node.style.stroke,
        width: parseFloat(node.style.strokeWidth) || 0, alpha: Number(node.style.opacity || 1),
      })));
    group.style.visibility = "hidden";
  }
  return (gd.__lrdStage = stage);
}

function leaveStage(gd) {
  if (!gd.__lrdStage) return;
  gd.__lrdStage.canvas.remove();
  for (const curve of gd.__lrdStage.curves.keys()) {
    const group = groupOf(gd, curve);
    if (group) group.style.visibility = "";
  }
  gd.__lrdStage = null;
}

function clear(gd, canvas) {
  const dense = window.devicePixelRatio || 1;
  const width = Math.round(gd._fullLayout.width * dense);
  const height = Math.round(gd._fullLayout.height * dense);
  const pen = canvas.getContext("2d");
  if (canvas.width !== width || canvas.height !== height) {
    Object.assign(canvas, { width, height });
    canvas.style.width = `${gd._fullLayout.width}px`;
    canvas.style.height = `${gd._fullLayout.height}px`;
  }
  pen.setTransform(dense, 0, 0, dense, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

function movePoints(gd, pen, curve, x, y, colour) {
  const [across, up] = planeOf(gd, curve);
  const paint = colour === undefined ? null
    : typeof colour[0] === "string" ? (value) => value : paletteOf(gd);
  let left = 0, top = 0;
  for (const mark of stageOf(gd).curves.get(curve) || []) {
    const point = mark.point;
    point.x = x[point.i];
    point.y = y[point.i];
    const right = across.c2p(point.x), down = up.c2p(point.y);
    if (!Number.isFinite(right + down)) continue;
    pen.translate(right - left, down - top);
    [left, top] = [right, down];
    pen.globalAlpha = mark.alpha;
    const fill = paint ? paint(colour[point.i]) : mark.fill;
    if (fill && mark.fill !== "none") {
      pen.fillStyle = fill;
      pen.fill(mark.shape);
    }
    if (mark.width) {
      pen.strokeStyle = mark.stroke;
      pen.lineWidth = mark.width;
      pen.stroke(mark.shape);
    }
  }
}

function drawLine(gd, pen, curve, x, y) {
  const [across, up] = planeOf(gd, curve), { line, opacity } = gd._fullData[curve];
  pen.globalAlpha = opacity;
  pen.strokeStyle = line.color;
  pen.lineWidth = line.width;
  pen.setLineDash((DASHES[line.dash] || []).map((part) => part * Math.max(line.width, 3)));
  pen.beginPath();
  let down = false;
  for (let at = 0; at < x.length; at++) {
    const known = Number.isFinite(x[at]) && Number.isFinite(y[at]);
    if (known) pen[down ? "lineTo" : "moveTo"](across.c2p(x[at]), up.c2p(y[at]));
    down = known;
  }
  pen.stroke();
}

function between(one, other, part) {
  if (!part) return one;
  if (one.length !== other.length) return part < 0.5 ? one : other;
  return Float64Array.from(one, (value, at) => value + part * (other[at] - value));
}

// Show a place between frames; lines, which join other points at each frame, are drawn at frames.
function showAt(gd, place) {
  const low = Math.floor(place), part = place - low;
  if (!isFlat(gd)) { rest(gd, Math.round(place)); return; }
  const from = frameAt(gd, low), to = part ? frameAt(gd, low + 1) : from;
  const pen = clear(gd, stageOf(gd).canvas);
  from.forEach((one, at) => {
    const trace = gd._fullData[one.curve], other = to[at];
    if (!trace.visible || (part && trace.mode.includes("lines"))) return;
    const [across, up] = planeOf(gd, one.curve);
    pen.save();
    pen.translate(across._offset, up._offset);
    pen.beginPath();
    pen.rect(0, 0, across._length, up._length);
    pen.clip();
    if (trace.mode.includes("lines")) drawLine(gd, pen, one.curve, one.x, one.y);
    else {
      const x = between(one.x, other.x, part), y = between(one.y, other.y, part);
      movePoints(gd, pen, one.curve, x, y, (part < 0.5 ? one : other).colour);
    }
    pen.restore();
  });
}

// Streamlit's Plotly is not reachable from outside; a button of the figure calls what it is told.
function press(gd, method, args) {
  const button = gd.querySelector("g.updatemenu-button");
  if (!button) return;
  Object.assign(button.__data__, { method, args, execute: true });
  button.dispatchEvent(new MouseEvent("click"));
}

// A picture in space as it is turned now: Plotly would draw it anew from where it began.
function cameraOf(gd) {
  const scene = gd._fullLayout.scene && gd._fullLayout.scene._scene;
  return scene ? { "scene.camera": scene.getCamera() } : {};
}

// Tell Plotly that the chart stands at a frame, where it does not know it yet.
function rest(gd, index) {
  if (stands(gd, index)) {
    if (gd.__lrdStage) showAt(gd, index);  // so that points are found where they are again
    leaveStage(gd);
    return;
  }
  const frame = frameAt(gd, index), change = {};
  const names = { x: "x", y: "y", z: "z", colour: "marker.color", text: "text" };
  for (const [name, path] of Object.entries(names)) {
    if (frame.some((one) => one[name] !== undefined)) change[path] = frame.map((one) => one[name]);
  }
  leaveStage(gd);
  press(gd, "update", [change, cameraOf(gd), frame.map((one) => one.curve)]);
}
"""
