// Elements, controls and tables. Text reaches the page as text only.

// Control characters of a hostile name would be invisible.
const shown = (text) => String(text).replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '\ufffd');

function element(tag, text = '', className = '') {
  const made = document.createElement(tag);
  if (text !== '') made.textContent = shown(text);
  if (className) made.className = className;
  return made;
}

const byId = (id) => document.getElementById(id);

const redraws = [];  // of what was chosen last

// A select with its label; `changed` is called with the chosen value, at once as well. Nothing to choose: no select.
function chooser(place, label, options, changed) {
  let chosen = options[0].value;
  if (options.length > 1) {
    const box = element('label', `${label} `);
    const select = element('select');
    for (const {value, text} of options) {
      const option = element('option', text);
      option.value = value;
      select.append(option);
    }
    select.addEventListener('change', () => {
      chosen = select.value;
      changed(chosen);
    });
    box.append(select);
    place.append(box);
  }
  redraws.push(() => changed(chosen));
  changed(chosen);
}

const SVG = 'http://www.w3.org/2000/svg';
const markPaths = [
  'M8 2.5a5.5 5.5 0 1 0 .01 0z', 'M3 3h10v10H3z', 'M8 2l6.5 11.5h-13z', 'M8 1l7 7-7 7-7-7z',
  'M8 1v14M1.9 4.5l12.2 7M14.1 4.5L1.9 11.5', 'M2.5 2.5l11 11M13.5 2.5l-11 11', 'M8 1.5v13M1.5 8h13', 'M1.5 8h13',
];

// The sign of a start: the same colour and shape as in the charts.
function mark(name) {
  const index = startNames.indexOf(name);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', `mark s${Math.max(index, 0) % 8}`);
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', markPaths[shapeOf(Math.max(index, 0))]);
  svg.append(path);
  return svg;
}

function fillRows(body, columns, rows) {
  body.replaceChildren();
  for (const row of rows) {
    const line = element('tr', '', row.failure !== undefined ? 'failed' : '');
    columns.forEach((column, i) => {
      const cell = element(i === 0 ? 'th' : 'td', '', [column.number ? 'number' : '', column.long ? 'long' : '',
        column.style?.(row) ?? ''].join(' ').trim());
      if (i === 0) cell.scope = 'row';
      if (column.mark) cell.append(mark(row.start), ' ');
      cell.append(shown(column.text ? column.text(row) : column.value(row)));
      line.append(cell);
    });
    body.append(line);
  }
}

// Unknown values come last in either order.
function compareBy(value, sign) {
  return (a, b) => {
    const x = value(a), y = value(b);
    if (!known(x) || !known(y)) return known(y) - known(x);
    return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : x < y ? -1 : x > y ? 1 : 0);
  };
}

// A table in a box that scrolls by itself. A column has a title, the value that it is sorted by, and how that is
// written: {title, value(row), text(row), number, long, mark, style(row)}.
function table(place, caption, columns, rows) {
  const box = element('div', '', 'box');
  box.tabIndex = 0;
  box.setAttribute('role', 'region');
  box.setAttribute('aria-label', shown(caption));
  const made = element('table'), head = element('tr'), body = element('tbody'), top = element('thead');
  for (const column of columns) {
    const text = column.title.replace(/, (\S+)$/, ',\u00a0$1');  // a unit stays with what it measures
    const title = element('th', '', column.number ? 'number' : '');
    title.scope = 'col';
    if (rows.length < 2) {
      title.textContent = shown(text);
      title.classList.add('plain');
    } else {
      title.setAttribute('aria-sort', 'none');
      const button = element('button', text);
      button.type = 'button';
      button.addEventListener('click', () => {
        const down = title.getAttribute('aria-sort') === 'ascending';
        for (const other of head.children) other.setAttribute('aria-sort', 'none');
        title.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        fillRows(body, columns, [...rows].sort(compareBy(column.value, down ? -1 : 1)));
      });
      title.append(button);
    }
    head.append(title);
  }
  fillRows(body, columns, rows);
  top.append(head);
  made.append(top, body);
  box.append(made);
  place.append(box);
}

// The table behind a chart, in place of what stood there.
function detailTable(id, caption, columns, rows) {
  const details = byId(id);
  details.querySelector('.box')?.remove();
  table(details, caption, columns, rows);
}
