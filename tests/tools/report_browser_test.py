#!/usr/bin/env python3
"""Reports of `dbn compare` opened in headless Chromium, wide and narrow, light and dark.

usage: report_browser_test.py DBN

Every chart must be drawn, nothing may be said on the console, no page may scroll sideways, every control must work and
be reached by keys, and a screenshot must show each start in its colour.
A page's policy refuses whatever it would load and says so on the console, so that silence there also means that it asks
for nothing. Exits with 77, which CTest counts as skipped, where there is no Chromium.
"""

import collections
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

SKIPPED = 77
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
COMPARE = ("compare --data synthetic:digits,cases=300,test=200 --layers 20,20 --depths 2,3,1 --starts rbm,xavier,he "
           "--labels 100,all --seeds 2 --tune 2 --pretrain.epochs 2 --finetune.epochs 4 --finetune.min-updates 0 --quiet")
HOSTILE = "</script><script>document.documentElement.dataset.hacked=1</script><img src=x onerror=alert(1)><!-- \x1b[31m"
FILLED = {"errors", "curves", "pairs", "cost", "nets", "activations", "gradients"}

# What a reader does: every choice of every select, every button, every table. Runs behind the page's own scripts.
READER = """
const problems = [];
const expect = (condition, what) => condition || problems.push(what);
addEventListener('error', (event) => problems.push(event.message));
setTimeout(() => {
  document.querySelectorAll('details').forEach((details) => { details.open = true; });
  for (const select of document.querySelectorAll('select')) {
    expect(select.labels.length === 1, 'a select without label');
    for (const option of select.options) {
      select.value = option.value;
      select.dispatchEvent(new Event('change'));
      for (const canvas of document.querySelectorAll('section:not([hidden]) canvas'))
        expect(!isBlank(canvas), `blank ${canvas.id} after choosing ${option.textContent}`);
    }
  }
  for (const canvas of document.querySelectorAll('section:not([hidden]) canvas'))
    expect(canvas.getAttribute('aria-label')?.length > 10, `${canvas.id} is not described`);
  for (const button of document.querySelectorAll('.legend button')) {
    button.click();
    expect(button.getAttribute('aria-pressed') === 'false', 'a legend that does not hide');
    button.click();
    expect(button.getAttribute('aria-pressed') === 'true', 'a legend that does not show again');
  }
  document.querySelector('#c-curves .legend button').click();
  document.querySelector('#c-curves select').dispatchEvent(new Event('change'));
  const hidden = document.querySelector('#c-curves .legend button');
  expect(hidden.getAttribute('aria-pressed') === 'false', 'what is hidden comes back with another choice');
  expect(charts.get('curves').getDatasetMeta(0).visible === false, 'a curve is shown whose start is hidden');
  hidden.click();
  for (const control of document.querySelectorAll('button, select, summary, a, .verdict, .box')) {
    if (control.offsetParent === null) continue;
    control.focus();
    expect(document.activeElement === control && control.tabIndex === 0, `keys do not reach ${control.outerHTML.slice(0, 80)}`);
  }
  const order = charts.get('nets').scales.x.getLabels();
  expect(order.join() === '20,20-20,20-20-20', `nets are not in the order of their size: ${order}`);
  const table = document.querySelector('#runs table');
  const titles = [...table.querySelectorAll('th button')].map((button) => button.textContent);
  const column = titles.findIndex((title) => title.startsWith('Test error'));
  const rows = [...table.tBodies[0].rows].length;
  const numbers = () => [...table.tBodies[0].rows].map((row) => Number(row.cells[column].textContent))
    .filter((number) => !Number.isNaN(number));
  for (const sign of [1, -1]) {
    table.querySelectorAll('th button')[column].click();
    expect(numbers().every((x, i, all) => i === 0 || sign * (x - all[i - 1]) >= 0), `not sorted: ${numbers()}`);
    const sorted = [...table.querySelectorAll('th[aria-sort]')].map((title) => title.getAttribute('aria-sort'));
    expect(sorted.filter((order) => order !== 'none').join() === (sign > 0 ? 'ascending' : 'descending'), `${sorted}`);
  }
  setTimeout(() => report(rows), 500);  // once charts have followed the width of the page
}, 500);
function report(rows) {
  const root = document.documentElement;
  expect(root.scrollWidth <= root.clientWidth, `page of ${root.scrollWidth} in ${root.clientWidth} pixels`);
  for (const canvas of document.querySelectorAll('section:not([hidden]) canvas'))
    expect(canvas.getBoundingClientRect().right <= root.clientWidth, `${canvas.id} reaches beyond the page`);
  parent.postMessage({width: root.clientWidth, rows, runs: data.runs.length, problems,
    background: getComputedStyle(root).backgroundColor}, '*');
}
"""


def check(condition, what):
    if not condition:
        sys.exit(f"failed: {what}")


def run(*arguments):
    result = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=300)
    check(result.returncode == 0, f"{' '.join(arguments)}: exit code {result.returncode}: {result.stderr}")
    return result


def browse(path, *flags):
    """The page after its scripts have run, and what was said on the console."""
    with tempfile.TemporaryDirectory() as profile:
        result = run(CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                     "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}", "--enable-logging=stderr",
                     "--virtual-time-budget=20000", "--window-size=1700,2000", "--dump-dom", *flags, f"file://{path}")
    return result.stdout, [line for line in result.stderr.splitlines() if "CONSOLE" in line]


def colors_of(path):
    """How many pixels of a picture that the browser made, a PNG of bytes without interlacing, have each colour."""
    with open(path, "rb") as file:
        data = file.read()
    chunks, at = collections.defaultdict(bytes), 8
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at:at + 8])
        chunks[name] += data[at + 8:at + 8 + size]
        at += size + 12
    width, _, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    check(depth == 8 and kind in (2, 6) and not interlaced, f"{path}: a PNG that is read nowhere here")
    step = 3 if kind == 2 else 4
    lines, above, colors = zlib.decompress(chunks[b"IDAT"]), bytearray(width * step), collections.Counter()
    for begin in range(0, len(lines), width * step + 1):
        line = bytearray(lines[begin + 1:begin + 1 + width * step])
        how = lines[begin]
        for i in range(len(line) if how else 0):
            left, up, corner = (line[i - step] if i >= step else 0), above[i], (above[i - step] if i >= step else 0)
            near = min((left, up, corner), key=lambda x, of=left + up - corner: abs(of - x))
            line[i] = line[i] + (0, left, up, (left + up) // 2, near)[how] & 255
        above = line
        colors.update(bytes(line[i:i + 3]) for i in range(0, len(line), step))
    return colors


def check_screenshot(path, folder):
    """The figure of test errors, as it is seen: paper, ink, and each of the three starts in its colour."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    style = re.search("<style>(.*?)</style>", page, flags=re.DOTALL).group(1)
    alone = os.path.join(folder, "errors.html")
    with open(alone, "w", encoding="utf-8") as file:
        file.write(re.sub(r"<meta http-equiv[^>]*>", "", page).replace(
            "</style>", "header, footer, .controls, section:not(#s-errors) { display: none; }</style>"))
    for scheme, flags in enumerate(([], ["--force-dark-mode"])):
        picture = os.path.join(folder, "page.png")
        browse(alone, *flags, f"--screenshot={picture}", "--window-size=800,600")
        colors = colors_of(picture)
        wanted = {name: bytes.fromhex(re.findall(f"--{name}: #([0-9a-f]{{6}})", style)[scheme])
                  for name in ("paper", "ink", "s0", "s1", "s2")}
        check(colors.most_common(1)[0][0] == wanted["paper"], f"{picture}: {colors.most_common(3)} is no paper")
        for name, color in wanted.items():
            check(colors[color] > 40, f"{flags}: {colors[color]} pixels of {name}, which is {color.hex()}")


def attributes(page):
    return dict(re.findall(r'data-(\w+)="([^"]*)"', re.search(r"<html[^>]*>", page).group()))


def seen(page):
    """A page without its scripts, which have all words in them."""
    return re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def check_page(path, charts):
    page, console = browse(path)
    check(not console, f"{path}: {console}")
    found = attributes(page)
    check(found.get("blank") == "", f"{path}: blank charts: {found}")
    check(int(found["charts"]) >= charts, f"{path}: expected at least {charts} charts, found {found}")
    check(found.get("overflow") == "0", f"{path}: scrolls sideways: {found}")
    check("hacked" not in found, f"{path}: a name ran as a script")
    check("could not be drawn" not in seen(page), f"{path}: not drawn")


def check_reader(path, folder):
    """Reads the page in frames as wide as a phone and a desk, in both colour schemes. Both are in view: one that is
    not has no animation frames, by which charts follow the width."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    page = re.sub(r"<meta http-equiv[^>]*>", "", page).replace("</body>", f"<script>{READER}</script></body>")
    outer = os.path.join(folder, "frames.html")
    with open(os.path.join(folder, "read.html"), "w", encoding="utf-8") as file:
        file.write(page)
    with open(outer, "w", encoding="utf-8") as file:
        file.write('<!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark"><pre></pre>'
                   "<script>addEventListener('message', (event) => { document.querySelector('pre').textContent += "
                   "JSON.stringify(event.data) + '\\n'; });</script>"
                   '<iframe src="read.html" width="1280" height="9000"></iframe>'
                   '<iframe src="read.html" width="364" height="9000"></iframe>')
    backgrounds = set()
    for flags in ([], ["--force-dark-mode"]):
        dom, console = browse(outer, *flags)
        check(not console, f"{path} {flags}: {console}")
        text = re.search(r"<pre>(.*?)</pre>", dom, flags=re.DOTALL).group(1)
        reports = [json.loads(line.replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&"))
                   for line in text.splitlines()]
        check(len(reports) == 2, f"{path} {flags}: expected two frames to answer, found {text}")
        for report in reports:
            check(not report["problems"], f"{path} {flags} {report['width']}: {report['problems']}")
            check(report["rows"] == report["runs"] > 0, f"{path}: {report['rows']} rows of {report['runs']} runs")
        check(min(report["width"] for report in reports) <= 364, "no frame is narrow")
        backgrounds.add(reports[0]["background"])
    check(len(backgrounds) == 2, f"light and dark have one background: {backgrounds}")


def check_that_checks_find(path, folder):
    """A page that loads something, or errs, must be found out by what the other checks look at."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    bad = os.path.join(folder, "bad.html")
    with open(bad, "w", encoding="utf-8") as file:
        file.write(page.replace("</body>", '<img src="http://example.invalid/x.png"></body>'))
    _, console = browse(bad)
    check(console, "a refused load left nothing on the console")


def make_hostile(record, path):
    """The same runs with names that would be markup, a start among them, and a run that failed and says so in markup."""
    with open(record, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    kept = {"v", "event", "start", "layers", "labels", "seed", "pretrain_seconds", "finetune_seconds"}
    lines[-1] = {key: value if key in kept else [] if isinstance(value, list) else 0
                 for key, value in lines[-1].items() if not isinstance(value, dict)}
    lines[-1].update(failure=f"diverged{HOSTILE}", epochs_to_target=None)

    def renamed(value):
        if isinstance(value, dict):
            return {key: renamed(item) for key, item in value.items()}
        if isinstance(value, list):
            return [renamed(item) for item in value]
        if isinstance(value, str) and value.startswith("synthetic:"):
            return HOSTILE
        return f"xavier{HOSTILE}" if value == "xavier" else value

    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(renamed(line)) + "\n" for line in lines)


def main():
    dbn = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        record, page, again, hostile = (os.path.join(folder, name)
                                        for name in ("runs.jsonl", "page.html", "again.html", "hostile.html"))
        run(dbn, *COMPARE.split(), "--out", record, "--report", page)
        check(os.path.getsize(page) < 1_000_000, f"the page has {os.path.getsize(page)} bytes")
        run(dbn, "report", record, "--out", again)
        with open(page, "rb") as one, open(again, "rb") as other:
            check(one.read() == other.read(), "the report made again is another")
        check_page(page, len(FILLED))
        check_reader(page, folder)
        check_screenshot(page, folder)
        check_that_checks_find(page, folder)
        make_hostile(record, os.path.join(folder, "hostile.jsonl"))
        run(dbn, "report", os.path.join(folder, "hostile.jsonl"), "--out", hostile)
        check_page(hostile, len(FILLED))
        check("Why it failed" in seen(browse(hostile)[0]), "nothing says why a run failed")
        check("Why it failed" not in seen(browse(page)[0]), "a run is said to have failed")
    print("reports: every chart drawn, every control works, nothing loaded, no word on the console")


if CHROMIUM is None:
    print("skipped: no Chromium here")
    sys.exit(SKIPPED)
main()
