// Interactive 3D scatter plot: drag or use the arrow keys to rotate, + and - to zoom, Home or double-click to reset.
// Coordinates run from -1000 to 1000 along each axis; the projection is orthographic, so equal lengths stay equal.
(() => {
  "use strict";
  function scatter(figure) {
    const canvas = figure.querySelector("canvas");
    const data = JSON.parse(figure.querySelector("script").textContent);
    const context = canvas.getContext("2d");
    if (!context) return;
    const still = figure.querySelector("svg");
    still.setAttribute("hidden", "");
    canvas.hidden = false;
    const start = { ...data.start, zoom: 1 };
    const view = { ...start };

    const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    let frame = 0;
    const redraw = () => { frame = frame || requestAnimationFrame(() => { frame = 0; draw(); }); };

    // x runs right, y away from the viewer, z up; depth grows towards the viewer.
    function camera(width, height) {
      const scale = view.zoom * Math.min(width, height * 1.25) / 3900;
      const ct = Math.cos(view.turn), st = Math.sin(view.turn), ci = Math.cos(view.tilt), si = Math.sin(view.tilt);
      return {
        towards: [st * ci, -ct * ci, si],
        place(x, y, z) {
          const right = x * ct + y * st, away = y * ct - x * st;
          return [width / 2 + scale * right, height * 0.48 - scale * (z * ci + away * si), z * si - away * ci];
        },
      };
    }

    function draw() {
      const ratio = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
      canvas.width = width * ratio;
      canvas.height = height * ratio;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      const seen = camera(width, height);
      box(seen);
      const plane = data.plane;
      if (!plane) {
        dots(seen, () => true);
        return;
      }
      // Points behind the plane are drawn first, then the plane, then the points in front of it.
      const [a, b, c] = plane.normal;
      const facing = Math.sign(a * seen.towards[0] + b * seen.towards[1] + c * seen.towards[2]) || 1;
      const near = (x, y, z) => (a * x + b * y + c * z + plane.offset) * facing >= 0;
      dots(seen, (x, y, z) => !near(x, y, z));
      if (plane.corners.length) {
        context.beginPath();
        plane.corners.forEach((corner, k) => { const [x, y] = seen.place(...corner); k ? context.lineTo(x, y) : context.moveTo(x, y); });
        context.closePath();
        context.fillStyle = context.strokeStyle = colour("--soft");
        context.globalAlpha = 0.2;
        context.fill();
        context.globalAlpha = 0.9;
        context.lineWidth = 1.25;
        context.stroke();
      }
      dots(seen, near);
    }

    function dots(seen, chosen) {
      context.globalAlpha = 0.6;
      const radius = 1.9;
      const marks = [];
      for (const [name, values] of [["--other", data.other], ["--water", data.water]]) {
        const ink = colour(name);
        for (let k = 0; k < values.length; k += 3) {
          if (chosen(values[k], values[k + 1], values[k + 2])) marks.push([seen.place(values[k], values[k + 1], values[k + 2]), ink]);
        }
      }
      marks.sort((one, other) => one[0][2] - other[0][2]);
      for (const [[x, y], ink] of marks) {
        context.fillStyle = ink;
        context.beginPath();
        context.arc(x, y, radius, 0, 2 * Math.PI);
        context.fill();
      }
      context.globalAlpha = 1;
    }

    // The edges of the cube. Ticks and name of each axis are on its lowest or leftmost edge.
    function box(seen) {
      const sides = [-1000, 1000];
      context.lineWidth = 1;
      context.font = "12px " + getComputedStyle(document.body).fontFamily;
      context.textBaseline = "middle";
      const [middleX, middleY] = seen.place(0, 0, 0);
      for (let axis = 0; axis < 3; axis++) {
        const edges = [];
        for (const one of sides) {
          for (const other of sides) {
            const at = value => { const p = [one, other]; p.splice(axis, 0, value); return p; };
            const from = seen.place(...at(-1000)), to = seen.place(...at(1000));
            edges.push({ at, from, to, rank: axis === 2 ? -(from[0] + to[0]) : from[1] + to[1] });
          }
        }
        edges.sort((one, other) => other.rank - one.rank);
        edges.forEach((edge, k) => {
          context.strokeStyle = colour(k ? "--faint" : "--soft");
          context.beginPath();
          context.moveTo(edge.from[0], edge.from[1]);
          context.lineTo(edge.to[0], edge.to[1]);
          context.stroke();
        });
        const edge = edges[0];
        let dx = (edge.from[0] + edge.to[0]) / 2 - middleX, dy = (edge.from[1] + edge.to[1]) / 2 - middleY;
        const length = Math.hypot(dx, dy) || 1;
        dx /= length;
        dy /= length;
        context.textAlign = dx > 0.35 ? "left" : dx < -0.35 ? "right" : "center";
        context.fillStyle = colour("--soft");
        const axisData = data.axes[axis];
        const span = Math.hypot(edge.to[0] - edge.from[0], edge.to[1] - edge.from[1]);
        if (span > 70) {
          const every = Math.max(1, Math.ceil(axisData.ticks.length * 34 / span));
          axisData.ticks.forEach(([value, label], k) => {
            if (k % every) return;
            const [x, y] = seen.place(...edge.at(value));
            context.fillText(label, x + 11 * dx, y + 11 * dy);
          });
        }
        context.fillStyle = colour("--ink");
        const away = axis === 2 ? 62 : 50;
        context.fillText(axisData.name, (edge.from[0] + edge.to[0]) / 2 + away * dx, (edge.from[1] + edge.to[1]) / 2 + away * dy * 0.8 + 6 * dy);
      }
    }

    function turn(right, down) {
      view.turn += right;
      view.tilt = Math.max(-1.5, Math.min(1.5, view.tilt + down));
      redraw();
    }
    let last = null;
    canvas.addEventListener("pointerdown", event => { last = [event.clientX, event.clientY]; canvas.setPointerCapture(event.pointerId); });
    canvas.addEventListener("pointermove", event => {
      if (!last) return;
      turn((last[0] - event.clientX) * 0.008, (event.clientY - last[1]) * 0.008);
      last = [event.clientX, event.clientY];
    });
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { last = null; });
    const reset = () => { Object.assign(view, start); redraw(); };
    const keys = {
      ArrowLeft: () => turn(0.12, 0), ArrowRight: () => turn(-0.12, 0), ArrowUp: () => turn(0, -0.12), ArrowDown: () => turn(0, 0.12),
      "+": () => zoom(1.15), "=": () => zoom(1.15), "-": () => zoom(1 / 1.15), Home: reset,
    };
    function zoom(factor) { view.zoom = Math.max(0.5, Math.min(6, view.zoom * factor)); redraw(); }
    canvas.addEventListener("keydown", event => {
      const act = event.ctrlKey || event.metaKey || event.altKey ? null : keys[event.key];
      if (act) { act(); event.preventDefault(); }
    });
    canvas.addEventListener("dblclick", reset);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    new ResizeObserver(redraw).observe(canvas);
    draw();
  }

  document.querySelectorAll("figure.scatter").forEach(scatter);
})();
