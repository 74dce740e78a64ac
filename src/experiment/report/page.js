// The tables that stand without a chart, and the order of everything.

function facts() {
  byId('facts').textContent = shown([`tested on ${data.test}`, `${plural(data.training_cases, 'training case')}`,
    plural(data.test_cases, 'test case'), plural(data.features, 'feature'), `${data.classes.length} classes`,
    nets.length > 1 ? `${nets.length} nets` : nets.map((net) => `net ${netName(net)}`).join(''),
    plural(data.seeds, 'seed')].join(' · '));
  const missing = data.treatments.filter((each) => !cells.some((cell) => cell.start === each.start &&
    cell.key === keyOf(each.layers, each.labels) && cell.runs === data.seeds));
  const failures = runs.filter((run) => run.failure !== undefined);
  const lines = [];
  if (missing.length > 0) lines.push(`Not all has been trained yet: ${missing.map((each) =>
    `${each.start} (${netName(each.layers)}, ${plural(each.labels, 'label')})`).join(', ')}.`);
  if (failures.length > 0) lines.push(`${plural(failures.length, 'run')} failed and ${failures.length === 1 ? 'is' : 'are'} ` +
    'left out of every mean; see All runs.');
  byId('incomplete').hidden = lines.length === 0;
  byId('incomplete').textContent = shown(lines.join(' '));
}

// A median that fewer than half of the runs reach is none.
function arrival({runs: all, arrived, median, low, high}, write) {
  if (all === 0) return none;
  if (arrived === 0) return 'never';
  const some = arrived < all ? ` (${arrived} of ${all})` : '';
  const range = known(low) && known(high) ? `, ${write(low)} to ${write(high)}` : known(low) ? `, ${write(low)} or more` : '';
  return (known(median) ? write(median) + range : 'most never') + some;
}

function summaryTable() {
  const versus = (cell) => {
    const best = bestRandom(cell.key);
    return best === null || best === cell.start ? null : pairOf(cell.start, best, cell.key);
  };
  const lowest = new Map(groups.map(({key}) => [key, Math.min(...cellsOf(key).map((c) => c.mean ?? Infinity))]));
  table(byId('summary'), 'Results', [startColumn,
    column('Activation', (c) => startOf.get(c.start)?.activation ?? none),
    ...(nets.length > 1 ? [netColumn] : []), ...(labelCounts.length > 1 ? [labelsColumn] : []),
    column('Test error, %', (c) => c.mean, {number: true, text: (c) => (known(c.mean) ? meanWithInterval(c.mean, c.interval) :
      'all failed'), style: (c) => (known(c.mean) ? (c.mean === lowest.get(c.key) ? 'best' : '') : 'bad')}),
    column('Against best random', (c) => versus(c)?.mean, {number: true, text: (c) => {
      if (c.start === bestRandom(c.key)) return 'is the best';
      const pair = versus(c);
      return pair ? meanWithInterval(pair.mean, pair.interval) : none;
    }}),
    column(`Epochs to ${short(data.target)} %`, (c) => c.epochs_to_target.median,
      {number: true, text: (c) => arrival(c.epochs_to_target, short)}),
    column('Seconds to it', (c) => c.seconds_to_target.median,
      {number: true, text: (c) => (known(c.seconds_to_target.median) ? seconds(c.seconds_to_target.median) : none)}),
    numeric('Pretraining, s', (c) => c.pretrain_seconds, seconds),
    numeric('Fine-tuning, s', (c) => c.finetune_seconds, seconds),
    numeric('Seeds', (c) => c.runs, count),
    column('Failed', (c) => c.failures, {number: true, style: (c) => (c.failures > 0 ? 'bad' : '')})], cells);
  byId('summary-note').textContent = `Epochs are those of fine-tuning until the validation error is first at most ` +
    `${short(data.target)} %: the median over runs with its 95 % interval, those that never arrive being later than all others. ` +
    'Seconds to it include pretraining.';
  return cells.length > 0;
}

const settingColumns = (rows) => distinct(rows.flatMap((row) => Object.keys(row.settings)), String)
  .map((name) => column(name, (row) => sortable(row.settings[name]), {number: true, text: (row) => row.settings[name] ?? none}));

// Settings are texts; most are numbers.
function sortable(text) {
  return text === undefined ? null : text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

function tuningTables() {
  if (data.trials.length === 0) return false;
  const chosen = cells.filter((cell) => cell.chosen);
  const outcome = [column('Validation error, %', (row) => row.validation_error, {number: true,
    text: (row) => (known(row.validation_error) ? fixed(row.validation_error) : 'diverged'),
    style: (row) => (known(row.validation_error) ? '' : 'bad')}),
  numeric('Updates', (row) => row.updates, count), numeric('Seconds', (row) => row.seconds, seconds)];
  const where = [startColumn, netColumn, labelsColumn];
  table(byId('chosen'), 'Chosen settings', [...where, numeric('Trial', (row) => row.trial + 1, count),
    ...settingColumns(chosen.map((cell) => cell.chosen)), ...outcome], chosen.map((cell) => cell.chosen));
  table(byId('budget'), 'What tuning took', [...where, numeric('Trials', (cell) => cell.tuning_trials, count),
    numeric('Updates', (cell) => cell.tuning_updates, count), numeric('Seconds', (cell) => cell.tuning_seconds, seconds),
    numeric('Updates of pretraining', (cell) => (cell.runs > cell.failures ? cell.pretrain_updates : null), (n) => (known(n) ? count(Math.round(n)) : none)),
    numeric('Seconds of pretraining', (cell) => (cell.runs > cell.failures ? cell.pretrain_seconds : null), seconds),
    numeric('Seconds in all', (cell) => cell.tuning_seconds + cell.pretrain_seconds, seconds)],
  cells.filter((cell) => cell.tuning_trials > 0));
  table(byId('d-tuning'), 'All trials', [...where, numeric('Trial', (row) => row.trial + 1, count),
    ...settingColumns(data.trials), ...outcome], data.trials);
  return true;
}

function testsTable() {
  if (data.pairs.length === 0) return false;
  table(byId('tests'), 'All tests', [
    {...column('Start', (pair) => pair.a), mark: true}, column('minus', (pair) => pair.b),
    ...(nets.length > 1 ? [netColumn] : []), ...(labelCounts.length > 1 ? [labelsColumn] : []),
    numeric('Seeds', (pair) => pair.seeds, count), numeric('Difference', (pair) => pair.mean, fixed),
    intervalColumn('t interval', 'interval'), intervalColumn('Bootstrap interval', 'bootstrap'),
    intervalColumn('Joint interval', 'joint_interval'), numeric('t p', (pair) => (known(pair.interval) ? pair.p_t : null), probability),
    numeric('Wilcoxon p', (pair) => pair.p_wilcoxon, probability),
    column('Holm p', (pair) => pair.p_holm, {number: true, text: (pair) => `${probability(pair.p_holm)} of ${pair.family}`}),
    column('Only first errs', (pair) => pair.only_a, {number: true, text: (pair) => count(pair.only_a)}),
    column('Only second errs', (pair) => pair.only_b, {number: true, text: (pair) => count(pair.only_b)}),
    numeric('McNemar p', (pair) => pair.p_mcnemar, probability),
    column('Equivalent', (pair) => pair.p_equivalence, {text: (pair) => (pair.p_equivalence < 0.05 ? 'yes' : 'not shown') +
      ` (p ${probability(pair.p_equivalence)})`}),
    column('Effect size', (pair) => pair.effect, {number: true, text: (pair) => (known(pair.effect) ?
      `${fixed(pair.effect)} (${interval(pair.effect_interval)})` : none)}),
    numeric('Seeds needed', (pair) => pair.seeds_needed, (n) => (known(n) ? count(n) : none))],
  data.pairs.map((pair) => ({...pair, start: pair.a})));
  byId('margin').textContent = `Two one-sided t tests: whether the mean difference is shown to be smaller than ` +
    `${short(data.pairs[0].margin)} points either way. No difference shown is not the same as equivalence shown.`;
  return true;
}

function runsTable() {
  const failed = (run) => run.failure !== undefined;
  const of = (title, name, text) => column(title, (run) => run[name], {number: true,
    text: (run) => (failed(run) ? none : text(run[name]))});
  const list = [startColumn, netColumn, labelsColumn,
    column('Seed', (run) => sortable(run.seed), {number: true, text: (run) => run.seed}),
    column('Test error, %', (run) => run.test_error, {number: true, style: (run) => (failed(run) ? 'bad' : ''),
      text: (run) => (failed(run) ? 'failed' : fixed(run.test_error))}),
    of('Cases wrong', 'wrong', count), of('Cross-entropy, nats', 'test_cross_entropy', (value) => fixed(value, 3)), of('Updates', 'updates', count),
    of('Updates of pretraining', 'pretrain_updates', count),
    column(`Epochs to ${short(data.target)} %`, (run) => run.epochs_to_target, {number: true,
      text: (run) => (failed(run) ? none : known(run.epochs_to_target) ? count(run.epochs_to_target) : 'never')}),
    of('Seconds to it', 'seconds_to_target', seconds),
    numeric('Pretraining, s', (run) => run.pretrain_seconds, seconds), of('Fine-tuning, s', 'finetune_seconds', seconds)];
  if (runs.some(failed)) list.push(column('Why it failed', (run) => run.failure, {long: true, text: (run) => run.failure ?? ''}));
  table(byId('runs'), 'All runs', list, runs);
  return runs.length > 0;
}

function origin() {
  const place = byId('origin');
  if (data.command) {
    const command = element('pre', data.command);
    const button = element('button', 'Copy the command');
    button.type = 'button';
    button.addEventListener('click', () => {
      getSelection().selectAllChildren(command);
      button.textContent = document.execCommand('copy') ? 'Copied' : 'Press Ctrl+C to copy';
    });
    place.append(command, button);
  }
  const seedsText = data.seeds > 1 ? `${plural(data.seeds, 'seed')}, the first of which is ${data.seed}` : `the seed ${data.seed}`;
  place.append(element('p', `dbn ${data.version}, ${seedsText}. The same version with the same options gives the same ` +
    'numbers, but for seconds.', 'note'));
  const rows = Object.entries(data.identity).map(([name, value]) => ({name, value}));
  if (rows.length === 0) byId('d-origin').hidden = true;
  else table(byId('d-origin'), 'Everything that the results depend on',
    [column('Name', (row) => row.name), column('Value', (row) => row.value, {long: true})], rows);
  return true;
}

const figures = {errors: errorsFigure, curves: curvesFigure, pairs: pairsFigure, cost: costFigure, nets: netsFigure,
  signals: signalsFigure, filters: filtersFigure, memories: memoriesFigure};
const tables = {summary: summaryTable, tuning: tuningTables, tests: testsTable, runs: runsTable, origin};

// One that cannot be drawn is said to be so, and takes no other with it.
function attempt(name, make) {
  const section = byId(`s-${name}`);
  try {
    if (!make() && section) section.hidden = true;
  } catch (error) {
    section?.append(element('p', `This could not be drawn: ${error.message}`, 'warning'));
    reportError(error);
  }
}

// By way of another canvas, because one that is read is drawn more slowly from then on.
const copied = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
function isBlank(canvas) {
  copied.canvas.width = canvas.width;
  copied.canvas.height = canvas.height;
  copied.drawImage(canvas, 0, 0);
  const colors = new Uint32Array(copied.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  return colors.every((color) => color === colors[0]);
}

// Where a chart stayed blank, the table behind it is opened. What was found is left for who checks the page.
function checkFigures() {
  const canvases = [...document.querySelectorAll('canvas')].filter((canvas) => canvas.closest('section:not([hidden])'));
  const blank = canvases.filter(isBlank);
  for (const canvas of blank) canvas.closest('section').querySelector('details')?.setAttribute('open', '');
  const root = document.documentElement;
  root.dataset.charts = canvases.length;
  root.dataset.blank = blank.map((canvas) => canvas.id || 'filters').join(' ');
  root.dataset.overflow = root.scrollWidth - root.clientWidth;
}

attempt('facts', () => (facts(), true));
prepareCharts();
for (const [name, make] of Object.entries({...figures, ...tables})) attempt(name, make);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => redraws.forEach((redraw) => redraw()));
requestAnimationFrame(() => setTimeout(checkFigures));
