import { el, setText, svg, uniqueId } from '../dom.js';
import { formatBucket, formatMoment, formatTick } from '../format.js';
import { ticks, timeTicks } from './scale.js';

const LEFT = 56;
const RIGHT = 8;
/** Room for a panel's name, clear of the axis above it. */
const PANEL_TOP = 36;
const AXIS = 24;
/** Pixels that a time below the axis takes. */
const TICK_ROOM = 62;

/**
 * Columns over time, one panel below the other with a common time axis, a reading line, and the same numbers as a table.
 *
 * `panels`: `{label, className, height, whole, axis(number), value(row) → number, text(row) → string}`;
 * `columns`: further columns of the table and lines of the tooltip, `{label, text(row)}`.
 */
export function timeChart({ title, description, panels, columns = [] }) {
  const titleId = uniqueId('chart');
  const drawing = el('div', { class: 'plot' });
  const tip = el('div', { class: 'tip', hidden: true });
  const table = el('div', { class: 'scroll', hidden: true, tabindex: '0', role: 'region', 'aria-label': `${title}, as a table` });
  const note = el('p', { class: 'card-note' });
  const toggle = el('button', {
    type: 'button', class: 'quiet', 'aria-pressed': 'false',
    on: {
      click: () => {
        table.hidden = !table.hidden;
        plotArea.hidden = !table.hidden;
        toggle.setAttribute('aria-pressed', String(!table.hidden));
        draw();
      },
    },
  }, 'Table');
  const plotArea = el('div', { class: 'plot-area' }, drawing, tip);
  const element = el('section', { class: 'card chart', 'aria-labelledby': titleId },
    el('div', { class: 'card-head' },
      el('div', {}, el('h2', { id: titleId }, title), el('p', { class: 'card-about' }, description)), toggle),
    plotArea, table, note);

  const readings = [...panels, ...columns];
  let shown = { buckets: [], granularity: 'hour', summary: '' };
  let width = 0;
  let pointed = null;
  let geometry = null;
  const height = panels.reduce((sum, panel) => sum + PANEL_TOP + panel.height, AXIS);

  new ResizeObserver(([entry]) => {
    const next = Math.floor(entry.contentRect.width);
    if (next !== width) {
      width = next;
      draw();
    }
  }).observe(drawing);

  drawing.addEventListener('pointermove', (event) => point(event));
  drawing.addEventListener('pointerdown', (event) => point(event));
  drawing.addEventListener('pointerleave', () => {
    pointed = null;
    showPointed();
  });

  function point(event) {
    if (geometry) {
      const x = event.clientX - drawing.getBoundingClientRect().left - LEFT;
      const index = Math.floor(x / geometry.step);
      pointed = index >= 0 && index < shown.buckets.length ? index : null;
      showPointed();
    }
  }

  function draw() {
    if (!table.hidden) {
      drawTable();
      return;
    }
    if (width < 80 || shown.buckets.length === 0) {
      return;
    }
    const plotWidth = width - LEFT - RIGHT;
    const step = plotWidth / shown.buckets.length;
    const cursor = svg('rect', { class: 'cursor', y: 0, width: Math.max(step, 1), height: height - AXIS, visibility: 'hidden' });
    const parts = [cursor];
    let top = 0;
    for (const panel of panels) {
      parts.push(...drawPanel(panel, top + PANEL_TOP, plotWidth, step));
      parts.push(svg('text', { class: 'panel-label', x: 0, y: top + 18 }, panel.label));
      top += PANEL_TOP + panel.height;
    }
    parts.push(...drawTimes(plotWidth, step));
    geometry = { step, cursor };
    drawing.replaceChildren(svg('svg', {
      width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `${title}. ${shown.summary} The button Table shows the numbers.`,
    }, parts));
    showPointed();
  }

  function drawPanel(panel, top, plotWidth, step) {
    const values = shown.buckets.map((bucket) => (bucket.row ? panel.value(bucket.row) : 0));
    const marks = ticks(Math.max(...values), panel.whole);
    const scale = panel.height / marks.at(-1);
    const gap = step > 4 ? Math.min(step * 0.22, 6) : 0;
    const bottom = top + panel.height;
    return [
      ...marks.map((mark) => svg('g', { class: mark === 0 ? 'base' : 'grid' },
        svg('line', { x1: LEFT, x2: LEFT + plotWidth, y1: bottom - mark * scale, y2: bottom - mark * scale }),
        svg('text', { x: LEFT - 8, y: bottom - mark * scale + 4 }, panel.axis(mark)))),
      ...values.map((value, i) => {
        if (value <= 0) {
          return null;
        }
        const size = Math.max(value * scale, 1);
        return svg('rect', {
          class: `bar ${panel.className}${isPartial(i) ? ' open' : ''}`,
          x: (LEFT + i * step + gap / 2).toFixed(2), y: (bottom - size).toFixed(2),
          width: Math.max(step - gap, 0.6).toFixed(2), height: size.toFixed(2), rx: step > 10 ? 2 : 0,
        });
      }).filter(Boolean),
    ];
  }

  function isPartial(i) {
    return (shown.open && i === shown.buckets.length - 1) || (i === 0 && shown.from > shown.buckets[0].start);
  }

  function drawTimes(plotWidth, step) {
    const starts = shown.buckets.map((bucket) => bucket.start);
    const span = starts.at(-1) - starts[0];
    return timeTicks(starts, shown.granularity, Math.ceil(TICK_ROOM / step))
      .map((i) => ({ i, x: LEFT + (i + 0.5) * step }))
      .filter(({ x }) => x < LEFT + plotWidth - 16)
      .map(({ i, x }) => svg('text', { class: 'time', x: x.toFixed(1), y: height - 6 }, formatTick(starts[i], shown.granularity, span)));
  }

  function showPointed() {
    if (!geometry || pointed === null || pointed >= shown.buckets.length) {
      tip.hidden = true;
      geometry?.cursor.setAttribute('visibility', 'hidden');
      return;
    }
    const bucket = shown.buckets[pointed];
    const x = LEFT + pointed * geometry.step;
    geometry.cursor.setAttribute('visibility', 'visible');
    geometry.cursor.setAttribute('x', String(x));
    tip.replaceChildren(
      el('strong', {}, bucketLabel(bucket, pointed)),
      el('dl', {}, readings.map((reading) => [
        el('dt', {}, reading.label), el('dd', {}, reading.text(bucket.row))])));
    tip.hidden = false;
    const half = tip.offsetWidth / 2;
    const middle = Math.min(Math.max(x + geometry.step / 2, half), width - half);
    tip.style.transform = `translate(${Math.round(middle - half)}px, 0)`;
  }

  function bucketLabel(bucket, index) {
    const open = shown.open && index === shown.buckets.length - 1 ? ' (so far)' : '';
    const late = index === 0 && shown.from > bucket.start ? ` (from ${formatMoment(shown.from).replace(/:\d\d$/, '')})` : '';
    return formatBucket(bucket.start, shown.granularity) + late + open;
  }

  function drawTable() {
    const rows = [...shown.buckets.keys()].reverse();
    table.replaceChildren(el('table', {},
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'From'),
        readings.map((reading) => el('th', { scope: 'col', class: 'number' }, reading.label)))),
      el('tbody', {}, rows.map((i) => el('tr', {},
        el('th', { scope: 'row' }, bucketLabel(shown.buckets[i], i)),
        readings.map((reading) => el('td', { class: 'number' }, reading.text(shown.buckets[i].row))))))));
  }

  let signature = '';
  return {
    element,
    /** `from`: when the period begins, perhaps within the first bucket; `open`: the last bucket is not over; `remark`: what a reader should know about the numbers. */
    update(next, remark = '') {
      setText(note, remark);
      note.hidden = remark === '';
      const key = JSON.stringify(next);
      if (key !== signature) {
        signature = key;
        shown = next;
        draw();
      }
    },
  };
}
