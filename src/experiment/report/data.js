'use strict';
// What the page is about, and how its numbers are written.

const data = JSON.parse(document.getElementById('data').textContent);

const keyOf = (layers, labels) => `${layers.join('-')} ${labels}`;
const distinct = (items, key) => [...new Map(items.map((item) => [key(item), item])).values()];
const netName = (layers) => layers.join('-');
const count = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, '\u202f');
const plural = (n, one, many = one + 's') => `${count(n)} ${n === 1 ? one : many}`;

// Everything below is about treatments whose runs are all there; what is missing is said once, at the top.
const cells = data.cells.map((cell) => ({...cell, key: keyOf(cell.layers, cell.labels)}));
const startNames = data.starts.map((start) => start.name).filter((name) => cells.some((cell) => cell.start === name));
const startOf = new Map(data.starts.map((start) => [start.name, start]));
const nets = distinct(cells.map((cell) => cell.layers), netName);
const labelCounts = distinct(cells.map((cell) => cell.labels), String);
const groups = distinct(cells, (cell) => cell.key).map(({key, layers, labels}) => ({key, layers, labels}));
const runs = data.runs.map((run) => ({...run, key: keyOf(run.layers, run.labels)}));
const trained = runs.filter((run) => run.failure === undefined);

// Says only what distinguishes one group from another.
function groupName({layers, labels}) {
  const parts = [];
  if (nets.length > 1) parts.push(`net ${netName(layers)}`);
  if (labelCounts.length > 1) parts.push(plural(labels, 'label'));
  return parts.join(', ');
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const known = (value) => value !== null && value !== undefined;
const cellsOf = (key) => cells.filter((cell) => cell.key === key);
const runsOf = (start, key) => trained.filter((run) => run.start === start && run.key === key);
const secondsOf = (run) => run.pretrain_seconds + run.finetune_seconds;

const signed = (text) => text.replace('-', '\u2212');
const none = '\u2013';

function fixed(value, digits = 2) {
  return known(value) ? signed(value.toFixed(digits)) : none;
}

// Three significant digits, without an exponent where that is readable.
function short(value) {
  if (!known(value)) return none;
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 1e-3 || size >= 1e6) return signed(value.toExponential(2));
  return signed(size >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3))));
}

function seconds(value) {
  if (!known(value)) return none;
  return value < 10 ? value.toFixed(2) : value < 1000 ? value.toFixed(1) : count(Math.round(value));
}

function probability(value) {
  if (!known(value)) return none;
  return value < 0.001 ? '< 0.001' : value.toFixed(3);
}

function interval(bounds, digits = 2) {
  return known(bounds) ? `${fixed(bounds[0], digits)} to ${fixed(bounds[1], digits)}` : none;
}

function meanWithInterval(value, bounds) {
  if (!known(value)) return none;
  return known(bounds) ? `${fixed(value)} ± ${fixed((bounds[1] - bounds[0]) / 2)}` : fixed(value);
}

// The pair of two starts in the order that is asked for.
function pairOf(a, b, key) {
  for (const pair of data.pairs) {
    if (keyOf(pair.layers, pair.labels) !== key) continue;
    if (pair.a === a && pair.b === b) return pair;
    if (pair.a === b && pair.b === a) return turned(pair);
  }
  return null;
}

function turned(pair) {
  const back = (bounds) => (known(bounds) ? [-bounds[1], -bounds[0]] : null);
  return {...pair, a: pair.b, b: pair.a, mean: -pair.mean, interval: back(pair.interval),
    bootstrap: back(pair.bootstrap), joint_interval: back(pair.joint_interval), effect_interval: back(pair.effect_interval), effect: known(pair.effect) ? -pair.effect : null,
    only_a: pair.only_b, only_b: pair.only_a};
}

// The one that the verdict takes.
function bestRandom(key) {
  return cellsOf(key).find((cell) => cell.best_random)?.start ?? null;
}
