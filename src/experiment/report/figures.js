// One function for each figure. Each fills its controls, its chart and the table behind it; it returns false when the
// record has nothing for it to show.

const errorTitle = 'test error, %';
// Intervals may reach beyond what an error can be.
const errorScale = (values) => valueScale(errorTitle, values, {floor: 0, ceiling: 100});
const groupOptions = (list = groups) => list.map((group) => ({value: group.key, text: groupName(group)}));
const column = (title, value, more = {}) => ({title, value, ...more});
const numeric = (title, value, text) => column(title, value, {number: true, text: (row) => text(value(row))});
const intervalColumn = (title, name) => column(title, (row) => row[name]?.[0],
  {number: true, text: (row) => interval(row[name])});
const startColumn = column('Start', (row) => row.start, {mark: true});
const labelsColumn = numeric('Labels', (row) => row.labels, count);
const netColumn = column('Net', (row) => netName(row.layers));

// Rows of dots with whiskers, one for each start: errors or differences.
function rowChart(id, label, title, rows, {zero = false, text}) {
  const box = byId(id).parentElement;
  box.className = `chart ${rows.length <= 3 ? 'rows3' : rows.length <= 6 ? 'rows6' : rows.length <= 10 ? 'rows10' : 'rows'}`;
  const names = rows.map((row) => row.start);
  const values = rows.flatMap((row) => [row.mean, ...(row.thick ?? []), ...(row.thin ?? []), ...(row.single ?? [])]);
  if (zero) values.push(0);
  const sets = rows.map((row) => ({start: row.start, whiskers: 'x', ...pointStyle(row.start, {radius: 6}),
    data: [{x: row.mean, y: row.start, thick: row.thick, thin: row.thin, row}]}));
  for (const row of rows.filter((each) => each.single))
    sets.push({start: row.start, ...pointStyle(row.start, {radius: 3.5, hollow: true}),
      data: row.single.map((x) => ({x, y: row.start, row}))});
  const scale = zero ? valueScale(title, values) : errorScale(values);
  if (zero) scale.grid = {color: ({tick}) => (tick?.value === 0 ? css('--ink') : css('--line')),
    lineWidth: ({tick}) => (tick?.value === 0 ? 1.5 : 1)};
  draw(id, label, 'scatter', sets, {
    scales: {x: scale, y: {type: 'category', labels: names, offset: true, grid: {display: false},
      ticks: {color: css('--ink'), callback: (_, i) => shorter(names[i])}}},
    tooltip: {label: ({raw}) => text(raw.row)}});
}

const shorter = (text) => (text.length > 24 ? shown(text.slice(0, 23)) + '…' : shown(text));

function errorsFigure() {
  const some = cells.filter((cell) => known(cell.mean));
  if (some.length === 0) return false;
  const single = labelCounts.length === 1;
  byId('t-errors').textContent = single ?
    'Mean share of test cases that each start\u2019s nets get wrong. Bars are 95 % intervals of the mean over seeds ' +
    '(Student\u2019s t), small points single runs. Overlapping bars do not mean that two starts are alike: seeds are ' +
    'paired, so look at the differences below.' :
    'Mean share of test cases that each start\u2019s nets get wrong, by the number of labels that they were fine-tuned ' +
    'on. Bars are 95 % intervals of the mean over seeds (Student\u2019s t). Overlapping bars do not mean that two ' +
    'starts are alike: seeds are paired, so look at the differences below.';
  const controls = byId('c-errors');
  chooser(controls, 'Net', nets.map((layers) => ({value: netName(layers), text: netName(layers)})), (net) => {
    const here = some.filter((cell) => netName(cell.layers) === net);
    const names = startNames.filter((name) => here.some((cell) => cell.start === name));
    const label = `Test error of ${names.join(', ')}: ${here.map((cell) =>
      `${cell.start} ${plural(cell.labels, 'label')} ${meanWithInterval(cell.mean, cell.interval)} %`).join('; ')}`;
    if (single) {
      rowChart('errors', label, errorTitle, here.map((cell) => ({...cell, thick: cell.interval,
        single: runsOf(cell.start, cell.key).map((run) => run.test_error)})),
      {text: (cell) => `${shown(cell.start)}: ${meanWithInterval(cell.mean, cell.interval)} %`});
    } else {
      labelsChart(label, names, here);
      legend(controls, names, ['errors']);
    }
    detailTable('d-errors', 'Test error', [startColumn, labelsColumn, numeric('Mean, %', (c) => c.mean, fixed),
      intervalColumn('t interval', 'interval'), intervalColumn('Bootstrap interval', 'bootstrap'),
      numeric('Deviation', (c) => c.deviation, fixed),
      numeric('Runs', (c) => c.runs - c.failures, count)], here);
  });
  return true;
}

// Starts stand beside each other at a number of labels, so that their whiskers do not hide each other.
function labelsChart(label, names, here) {
  const counts = labelCounts.map(Number).sort((a, b) => a - b);
  const log = wide(counts);
  const [low, high] = range(counts);
  const aside = (x, i) => {
    const step = (i - (names.length - 1) / 2) * Math.min(0.012, 0.06 / names.length);
    return log ? x * (high / low) ** step : x + (high - low) * step;
  };
  const sets = names.map((name, i) => ({start: name, whiskers: 'y', showLine: true, borderWidth: 1.8,
    borderDash: dashOf(name), ...pointStyle(name),
    data: here.filter((cell) => cell.start === name).sort((a, b) => a.labels - b.labels)
      .map((cell) => ({x: aside(cell.labels, i), y: cell.mean, thick: cell.interval, cell}))}));
  const x = {type: log ? 'logarithmic' : 'linear', title: {display: true, text: 'labels' + (log ? ' (logarithmic)' : '')},
    min: log ? low / (high / low) ** 0.06 : low - (high - low) * 0.06,
    max: log ? high * (high / low) ** 0.06 : high + (high - low) * 0.06,
    afterBuildTicks: (axis) => { axis.ticks = counts.map((value) => ({value})); },
    ticks: {callback: (value) => count(value), autoSkip: true, maxRotation: 0}};
  draw('errors', label, 'scatter', sets, {
    scales: {x, y: errorScale(here.flatMap((c) => [c.mean, ...(c.interval ?? [])]))},
    tooltip: {label: ({raw: {cell}}) =>
      `${shown(cell.start)}, ${plural(cell.labels, 'label')}: ${meanWithInterval(cell.mean, cell.interval)} %`}});
}

// Mean, least and most over the runs that got so far, by epoch.
function course(list, what) {
  const length = Math.max(0, ...list.map((run) => run[what].length));
  return Array.from({length}, (_, epoch) => {
    const values = list.map((run) => run[what][epoch]).filter(known);
    if (values.length === 0) return null;
    const [low, high] = range(values);
    return {epoch: epoch + 1, mean: mean(values), low, high, runs: values.length};
  }).filter(known);
}

function curvesFigure() {
  const list = groups.filter((group) => trained.some((run) => run.key === group.key && run.train_loss.length > 0));
  if (list.length === 0) return false;
  const validated = trained.some((run) => run.validation_error.some(known));
  const measures = [{value: 'validation_error', text: 'validation error, %'},
    {value: 'train_loss', text: 'training loss, nats'}].slice(validated ? 0 : 1);
  const chosen = {group: null, what: null, scale: null};
  const changed = (name) => (value) => {
    chosen[name] = value;
    if (Object.values(chosen).every(known)) drawCurves(chosen, measures);
  };
  const controls = byId('c-curves');
  chooser(controls, 'Runs', groupOptions(list), changed('group'));
  chooser(controls, 'Show', measures, changed('what'));
  chooser(controls, 'Scale', [{value: 'linear', text: 'linear'}, {value: 'log', text: 'logarithmic'}], changed('scale'));
  return true;
}

// Some points of a curve, each start's at other epochs than its neighbours'.
function isMarked(start, i, points) {
  const step = Math.ceil(points / 6);
  return (i + startNames.indexOf(start) * Math.ceil(step / 4)) % step === 0;
}

function drawCurves({group, what, scale}, measures) {
  const title = measures.find((measure) => measure.value === what).text;
  const log = scale === 'log';
  const above = (value) => (log && value <= 0 ? null : value);
  const curves = cellsOf(group).map((cell) => ({start: cell.start, points: course(runsOf(cell.start, group), what)}))
    .filter((curve) => curve.points.length > 0);
  const sets = [];
  const edge = {pointRadius: 0, pointHitRadius: 0, borderWidth: 0, pointHoverRadius: 0};
  for (const {start, points} of curves) {
    const fill = faint(colorOf(start), 0.14);
    const line = (value) => points.map((point) => ({x: point.epoch, y: above(value(point)), point}));
    if (points.some((point) => point.runs > 1)) {
      sets.push({start, ...edge, data: line((point) => point.low), backgroundColor: fill, order: 1});
      sets.push({start, ...edge, data: line((point) => point.high), fill: '-1', backgroundColor: fill, order: 1});
    }
    sets.push({start, ...pointStyle(start), pointRadius: ({dataIndex}) => (isMarked(start, dataIndex, points.length) ? 4 : 0),
      borderWidth: 2, borderDash: dashOf(start), pointHitRadius: 6, data: line((point) => point.mean), order: 0});
  }
  const values = curves.flatMap((curve) => curve.points.flatMap((point) => [point.low, point.high]));
  const last = Math.max(...curves.flatMap((curve) => curve.points.map((point) => point.epoch)));
  draw('curves', `${title} by epoch: ${curves.map((curve) =>
    `${curve.start} ends at ${short(curve.points.at(-1).mean)}`).join(', ')}`, 'line', sets, {
    options: {interaction: {mode: 'nearest', axis: 'xy', intersect: true}},
    plugins: {level: what === 'validation_error' ? {value: data.target, text: `target ${short(data.target)} %`} : {}},
    scales: {x: {type: 'linear', min: Math.min(1, last - 1), max: last, title: {display: true, text: 'epoch of fine-tuning'},
      ticks: {precision: 0, maxRotation: 0}},
      y: valueScale(title + (log ? ' (logarithmic)' : ''), values, {log, floor: 0})},
    tooltip: {label: ({raw: {point}, dataset}) => `${shown(dataset.start)}, epoch ${point.epoch}: ${short(point.mean)} ` +
      `(${short(point.low)} to ${short(point.high)}, ${plural(point.runs, 'run')})`}});
  legend(byId('c-curves'), curves.map((curve) => curve.start), ['curves']);
  const looked = new Set(curves.flatMap((curve) => curve.points.map((point) => point.epoch)));
  const epochs = [...looked].sort((a, b) => a - b).map((epoch) => ({epoch}));
  detailTable('d-curves', title, [numeric('Epoch', (row) => row.epoch, count), ...curves.map((curve) => {
    const at = new Map(curve.points.map((point) => [point.epoch, point]));
    return column(curve.start, (row) => at.get(row.epoch)?.mean, {number: true, text: (row) => {
      const point = at.get(row.epoch);
      return point ? `${short(point.mean)} (${short(point.low)}–${short(point.high)})` : none;
    }});
  })], epochs);
}

function pairsFigure() {
  if (data.pairs.length === 0) return false;
  const list = groups.filter((group) => data.pairs.some((pair) => keyOf(pair.layers, pair.labels) === group.key));
  const best = bestRandom(list[0].key);
  const names = startNames.filter((name) => data.pairs.some((pair) => pair.a === name || pair.b === name));
  if (names.includes(best)) names.unshift(names.splice(names.indexOf(best), 1)[0]);
  const chosen = {group: null, reference: null};
  const changed = (name) => (value) => {
    chosen[name] = value;
    if (known(chosen.group) && known(chosen.reference)) drawPairs(chosen);
  };
  const controls = byId('c-pairs');
  chooser(controls, 'Reference', names.map((name) => ({value: name, text: name})), changed('reference'));
  chooser(controls, 'Runs', groupOptions(list), changed('group'));
  return true;
}

function drawPairs({group, reference}) {
  const rows = startNames.filter((name) => name !== reference).map((name) => pairOf(name, reference, group))
    .filter(known).map((pair) => ({...pair, start: pair.a, thick: pair.interval, thin: pair.bootstrap}));
  const text = (row) => `${shown(row.start)} \u2212 ${shown(reference)}: ${fixed(row.mean)} points` +
    (row.interval ? `, 95 % interval ${interval(row.interval)}` : row.seeds > 1 ? ' in every seed' : ', one seed');
  const title = innerWidth < 560 ? `points of error above ${shorter(reference)}` :
    `points of test error above ${shorter(reference)}  (left: better, right: worse)`;
  rowChart('pairs', `Paired differences to ${reference}: ${rows.map(text).join('; ')}`, title, rows, {zero: true, text});
  detailTable('d-pairs', `Paired differences to ${reference}`, [startColumn,
    numeric('Difference', (row) => row.mean, fixed),
    intervalColumn('t interval', 'interval'), intervalColumn('Bootstrap interval', 'bootstrap'),
    numeric('Seeds', (row) => row.seeds, count)], rows);
}

function costFigure() {
  const list = groups.filter((group) => trained.some((run) => run.key === group.key));
  if (list.length === 0) return false;
  chooser(byId('c-cost'), 'Runs', groupOptions(list), (key) => {
    const here = trained.filter((run) => run.key === key);
    const some = cellsOf(key).filter((cell) => known(cell.mean));
    const log = wide(here.map(secondsOf));
    const sets = some.map((cell) => ({start: cell.start, whiskers: 'y', ...pointStyle(cell.start, {radius: 7}),
      data: [{x: cell.pretrain_seconds + cell.finetune_seconds, y: cell.mean, thick: cell.interval,
        text: `mean ${meanWithInterval(cell.mean, cell.interval)} %, ${seconds(cell.pretrain_seconds)} s of pretraining, ` +
          `${seconds(cell.finetune_seconds)} s of fine-tuning`}]}));
    for (const name of startNames)
      sets.push({start: name, ...pointStyle(name, {radius: 3, opacity: 0.5}),
        data: runsOf(name, key).map((run) => ({x: secondsOf(run), y: run.test_error,
          text: `seed ${run.seed}: ${fixed(run.test_error)} %, ${seconds(secondsOf(run))} s`}))});
    const errors = [...here.map((run) => run.test_error), ...some.flatMap((cell) => cell.interval ?? [])];
    draw('cost', `Seconds against test error: ${some.map((cell) => `${cell.start} ` +
      `${seconds(cell.pretrain_seconds + cell.finetune_seconds)} s, ${fixed(cell.mean)} %`).join('; ')}`, 'scatter', sets, {
      scales: {x: valueScale(`seconds of pretraining and fine-tuning${log ? ' (logarithmic)' : ''}`, here.map(secondsOf),
        {log, floor: 0}), y: errorScale(errors)},
      tooltip: {label: ({raw, dataset}) => `${shown(dataset.start)}, ${raw.text}`}});
    legend(byId('c-cost'), some.map((cell) => cell.start), ['cost']);
    detailTable('d-cost', 'Cost', [startColumn,
      numeric('Pretraining, s', (c) => c.pretrain_seconds, seconds),
      numeric('Fine-tuning, s', (c) => c.finetune_seconds, seconds),
      numeric('Together, s', (c) => c.pretrain_seconds + c.finetune_seconds, seconds),
      numeric('Test error, %', (c) => c.mean, fixed)], some);
  });
  return true;
}
