// Figures of nets: their sizes, what signals meet in them, what they see.

const unitsIn = (layers) => layers.reduce((sum, units) => sum + units, 0);
// Whether two nets differ by their depth alone, or by their widths alone.
const alike = (a, b) => a.length === b.length || a.every((units, i) => units === b[i]);

function netsFigure() {
  if (nets.length < 2) return false;
  const sorted = [...nets].sort((a, b) => a.length - b.length || unitsIn(a) - unitsIn(b));
  const place = new Map(sorted.map((layers, i) => [netName(layers), i]));
  const list = labelCounts.filter((labels) => cells.some((cell) => cell.labels === labels && known(cell.mean)));
  if (list.length === 0) return false;
  chooser(byId('c-nets'), 'Labels', list.map((labels) => ({value: String(labels), text: count(labels)})), (value) => {
    const here = cells.filter((cell) => String(cell.labels) === value && known(cell.mean));
    const names = startNames.filter((name) => here.some((cell) => cell.start === name));
    const sets = names.map((name) => ({start: name, whiskers: 'y', showLine: true, borderWidth: 1.8,
      borderDash: dashOf(name), ...pointStyle(name),
      segment: {borderColor: ({p0, p1}) => (alike(p0.raw.cell.layers, p1.raw.cell.layers) ? undefined : 'transparent')},
      data: here.filter((cell) => cell.start === name)
        .sort((a, b) => place.get(netName(a.layers)) - place.get(netName(b.layers)))
        .map((cell) => ({x: netName(cell.layers), y: cell.mean, thick: cell.interval, cell}))}));
    draw('nets', `Test error by net: ${here.map((cell) =>
      `${cell.start} ${netName(cell.layers)} ${meanWithInterval(cell.mean, cell.interval)} %`).join('; ')}`, 'line', sets, {
      scales: {x: {type: 'category', labels: sorted.map(netName), offset: true,
        title: {display: true, text: 'units of the hidden layers'}},
      y: errorScale(here.flatMap((c) => [c.mean, ...(c.interval ?? [])]))},
      tooltip: {label: ({raw: {cell}}) =>
        `${shown(cell.start)}, ${netName(cell.layers)}: ${meanWithInterval(cell.mean, cell.interval)} %`}});
    legend(byId('c-nets'), names, ['nets']);
    detailTable('d-nets', 'Test error by net', [startColumn, netColumn, numeric('Mean, %', (c) => c.mean, fixed),
      intervalColumn('95 % interval', 'interval')], here);
  });
  return true;
}

function signalsFigure() {
  const profiled = trained.filter((run) => run.profile);
  const list = groups.filter((group) => profiled.some((run) => run.key === group.key));
  if (list.length === 0) return false;
  chooser(byId('c-signals'), 'Runs', groupOptions(list), (key) => {
    const here = profiled.filter((run) => run.key === key);
    drawVariance('activations', 'Variance of activations', 'activation_variance', here);
    drawVariance('gradients', 'Variance of gradients', 'gradient_variance', here);
    const names = startNames.filter((name) => here.some((run) => run.start === name));
    legend(byId('c-signals'), names, ['activations', 'gradients']);
    const rows = here.flatMap((run) => [['at the start', run.profile.at_start], ['after one epoch', run.profile.after_epoch]]
      .flatMap(([when, layers]) => layers.map((layer, i) => ({...layer, start: run.start, when, layer: layerName(layers, i)}))));
    const percent = (value) => `${fixed(100 * value, 1)} %`;
    detailTable('d-signals', 'Signals and gradients', [startColumn, column('When', (row) => row.when),
      column('Layer', (row) => row.layer), numeric('Units', (row) => row.units, count),
      numeric('Mean activation', (row) => row.activation_mean, short),
      numeric('Variance of activations', (row) => row.activation_variance, short),
      numeric('Variance of gradients', (row) => row.gradient_variance, short),
      numeric('Saturated', (row) => row.saturated, percent), numeric('Dead units', (row) => row.dead, percent),
      numeric('Largest singular value', (row) => row.largest_singular_value, short),
      numeric('Smallest', (row) => row.smallest_singular_value, short)], rows);
  });
  return true;
}

const layerName = (layers, i) => (i === layers.length - 1 ? 'output' : String(i + 1));

function drawVariance(id, title, what, here) {
  const sets = here.flatMap((run) => [[run.profile.at_start, false], [run.profile.after_epoch, true]]
    .map(([layers, later]) => ({start: run.start, ...pointStyle(run.start, {radius: 4, hollow: later}), borderWidth: 1.6,
      borderDash: later ? [5, 4] : [], later,
      data: layers.map((layer, i) => ({x: layerName(layers, i), y: layer[what] > 0 ? layer[what] : null}))})));
  const longest = here.map((run) => run.profile.at_start).sort((a, b) => b.length - a.length)[0];
  const values = sets.flatMap((set) => set.data.map((point) => point.y)).filter(known);
  draw(id, `${title} by layer: ${sets.map((set) => `${set.start} ${set.later ? 'after one epoch' : 'at the start'} ` +
    set.data.map((point) => short(point.y)).join(', ')).join('; ')}`, 'line', sets, {
    scales: {x: {type: 'category', labels: longest.map((_, i) => layerName(longest, i)), offset: true,
      title: {display: true, text: 'layer'}}, y: valueScale('variance (logarithmic)', values, {log: true})},
    tooltip: {label: ({raw, dataset}) => `${shown(dataset.start)}, layer ${raw.x}, ` +
      `${dataset.later ? 'after one epoch' : 'at the start'}: ${short(raw.y)}`}});
}

// A figure for each start of which there are such pictures.
function gallery(id, kind, pictures) {
  const pictured = trained.filter((run) => run[kind]?.count > 0);
  const list = groups.filter((group) => pictured.some((run) => run.key === group.key));
  if (list.length === 0) return false;
  chooser(byId(`c-${id}`), 'Runs', groupOptions(list), (key) => {
    byId(id).replaceChildren(...pictured.filter((run) => run.key === key).map((run) => {
      const figure = element('figure'), caption = element('figcaption');
      caption.append(mark(run.start), ' ', shown(run.start));
      figure.append(caption, ...pictures(run));
      return figure;
    }));
  });
  return true;
}

const filtersFigure = () => gallery('filters', 'filters', ({start, filters}) => [
  pictureCanvas(filters, Math.ceil(Math.sqrt(filters.count)),
    `Weights into ${filters.count} lowest hidden units of ${start}, as pictures`)]);

const memoriesFigure = () => gallery('memories', 'reconstructions', ({start, reconstructions, samples}) => {
  const cases = reconstructions.count / 2;
  const seen = pictureCanvas(reconstructions, cases, `${cases} test cases, and below each what ${start} gives back of it`);
  return samples ? [seen, element('p', 'drawn from it', 'note'),
    pictureCanvas(samples, cases, `${samples.count} draws of ${start}`)] : [seen];
});

// Pictures in rows of so many, a pixel apart.
function pictureCanvas({height, width, count: pictures, pixels}, across, label) {
  const bytes = atob(pixels);
  const down = Math.ceil(pictures / across);
  const canvas = element('canvas');
  canvas.width = across * (width + 1) - 1;
  canvas.height = down * (height + 1) - 1;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', shown(label));
  const context = canvas.getContext('2d');
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < bytes.length; ++i) {
    const picture = Math.floor(i / (width * height)), at = i % (width * height);
    const x = (picture % across) * (width + 1) + (at % width);
    const y = Math.floor(picture / across) * (height + 1) + Math.floor(at / width);
    const gray = bytes.charCodeAt(i);
    image.data.set([gray, gray, gray, 255], 4 * (y * canvas.width + x));
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
