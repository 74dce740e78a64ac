// What all charts share: colours, shapes, whiskers, scales.

const shapes = ['circle', 'rect', 'triangle', 'rectRot', 'star', 'crossRot', 'cross', 'line'];
const dashes = [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 4], [12, 4], [1, 4], [6, 2, 1, 2, 1, 2]];

// Starts beyond the eighth have colours of others with other shapes.
const shapeOf = (index) => (index + Math.floor(index / 8)) % 8;
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colorOf = (name) => css(`--s${startNames.indexOf(name) % 8}`);
const dashOf = (name) => dashes[shapeOf(startNames.indexOf(name))];

// A color of the form #rrggbb, less opaque.
const faint = (color, opacity) => color + Math.round(255 * opacity).toString(16).padStart(2, '0');

// Points of one start.
function pointStyle(name, {radius = 5, opacity = 1, hollow = false} = {}) {
  const color = faint(colorOf(name), opacity);
  return {pointStyle: shapes[shapeOf(startNames.indexOf(name))], pointRadius: radius, pointHoverRadius: radius + 1,
    pointBorderColor: color, pointBackgroundColor: hollow ? css('--paper') : color,
    pointBorderWidth: hollow ? 1.6 : 1.2, borderColor: color, backgroundColor: color};
}

// Draws a point's `thick` interval, and its `thin` one beside it, along the axis that its data set names.
const whiskers = {
  id: 'whiskers',
  beforeDatasetDraw(chart, {index}) {
    const set = chart.data.datasets[index];
    if (!set.whiskers || !chart.isDatasetVisible(index)) return;
    const scale = chart.scales[set.whiskers], context = chart.ctx;
    // Along the axis from one bound to the other, and across it at a bound; `aside` leaves room for another bar.
    const line = ({x, y}, from, to, aside) => {
      if (set.whiskers === 'x') context.moveTo(from, y + aside), context.lineTo(to, y + aside);
      else context.moveTo(x + aside, from), context.lineTo(x + aside, to);
    };
    const cap = ({x, y}, at, aside) => {
      if (set.whiskers === 'x') context.moveTo(at, y + aside - 4), context.lineTo(at, y + aside + 4);
      else context.moveTo(x + aside - 4, at), context.lineTo(x + aside + 4, at);
    };
    context.save();
    const {left, top, right, bottom} = chart.chartArea;
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    context.strokeStyle = set.borderColor;
    chart.getDatasetMeta(index).data.forEach((point, i) => {
      const {thick, thin} = set.data[i];
      for (const [bounds, width, aside] of [[thick, 2.5, 0], [thin, 1.2, 11]]) {
        if (!known(bounds)) continue;
        const [from, to] = bounds.map((bound) => scale.getPixelForValue(bound));
        context.lineWidth = width;
        context.beginPath();
        line(point, from, to, aside);
        cap(point, from, aside);
        cap(point, to, aside);
        context.stroke();
      }
    });
    context.restore();
  },
};

// Draws a dashed level with its name.
const level = {
  id: 'level',
  beforeDatasetsDraw(chart, _, {value, text}) {
    const scale = chart.scales.y;
    if (!known(value) || value < scale.min || value > scale.max) return;
    const {left, right} = chart.chartArea, context = chart.ctx, y = scale.getPixelForValue(value);
    context.save();
    context.strokeStyle = context.fillStyle = css('--soft');
    context.setLineDash([3, 4]);
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(right, y);
    context.stroke();
    context.font = `11px ${Chart.defaults.font.family}`;
    context.textAlign = 'right';
    context.fillText(text, right - 4, y - 4);
    context.restore();
  },
};

const range = (values) => [Math.min(...values), Math.max(...values)];
// Whether values that are all above zero span a factor of ten.
const wide = (values) => values.length > 0 && Math.min(...values) > 0 && Math.max(...values) >= 10 * Math.min(...values);

// A scale with room for all these values, whiskers among them.
function valueScale(title, values, {log = false, floor = null, ceiling = Infinity} = {}) {
  const finite = values.filter((value) => known(value) && (!log || value > 0));
  const [low, high] = finite.length ? range(finite) : [0, 1];
  const scale = {type: log ? 'logarithmic' : 'linear', title: {display: true, text: title},
    ticks: {maxTicksLimit: 8, maxRotation: 0, callback: tickText}};
  if (log) return {...scale, min: low / 1.15, max: high * 1.15, grace: 0};
  const room = (high - low || Math.abs(high) || 1) * 0.06;
  return {...scale, suggestedMin: floor === null ? low - room : Math.max(floor, low - room), suggestedMax: Math.min(ceiling, high + room)};
}

// Few and short: on a logarithmic scale where nothing but 1, 2 and 5 times a power of ten is written.
function tickText(value, index, ticks) {
  if (this.type !== 'logarithmic') return signed(String(Number(value.toPrecision(6))));
  const decades = Math.log10(this.max / this.min);
  const digit = Number(value.toExponential().split('e')[0]);
  const wanted = decades > 3 ? [1] : decades > 1.2 ? [1, 2, 5] : decades > 0.5 ? [1, 2, 3, 5, 7] : [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9];
  const exponent = Math.round(Math.log10(value / digit));
  if (!wanted.includes(digit) || (decades > 8 && exponent % 2 !== 0)) return null;
  return value >= 1e-3 && value < 1e5 ? String(Number(value.toPrecision(3))) : signed(`${digit}e${exponent}`);
}

const charts = new Map();  // by canvas id

function prepareCharts() {
  Chart.register(whiskers, level);
  Chart.defaults.animation = false;
  Chart.defaults.responsive = true;
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.normalized = false;
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.plugins.legend.display = false;
  Chart.defaults.plugins.tooltip.usePointStyle = true;
  Chart.defaults.interaction.mode = 'nearest';
  Chart.defaults.interaction.intersect = true;
}

// Draws a chart, in place of the one that was there. `label` says in words what is seen.
function draw(id, label, type, datasets, {scales, options = {}, plugins = {}, tooltip = {}}) {
  Chart.defaults.color = css('--soft');
  Chart.defaults.borderColor = css('--line');
  charts.get(id)?.destroy();
  const canvas = byId(id);
  canvas.setAttribute('aria-label', shown(label));
  charts.set(id, new Chart(canvas, {type, data: {datasets},
    options: {...options, scales, plugins: {...plugins, tooltip: {callbacks: {title: () => '', ...tooltip}}}}}));
}

const hiddenStarts = new Map();  // by the place of the legend, whatever is chosen there

// Buttons that hide and show the starts of charts that share a legend.
function legend(place, names, ids) {
  place.querySelector('.legend')?.remove();
  if (!hiddenStarts.has(place)) hiddenStarts.set(place, new Set());
  const hidden = hiddenStarts.get(place);
  const update = () => {
    for (const chart of ids.map((id) => charts.get(id))) {
      chart.data.datasets.forEach((set, i) => chart.setDatasetVisibility(i, !hidden.has(set.start)));
      chart.update();
    }
  };
  const box = element('div', '', 'legend');
  box.setAttribute('role', 'group');
  box.setAttribute('aria-label', 'Starts shown');
  for (const name of names) {
    const button = element('button');
    button.type = 'button';
    button.setAttribute('aria-pressed', String(!hidden.has(name)));
    button.append(mark(name), shown(name));
    button.addEventListener('click', () => {
      if (!hidden.delete(name)) hidden.add(name);
      button.setAttribute('aria-pressed', String(!hidden.has(name)));
      update();
    });
    box.append(button);
  }
  place.prepend(box);
  if (hidden.size > 0) update();
}
