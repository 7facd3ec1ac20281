import { svg } from '../dom.js';

const WIDTH = 120;
const HEIGHT = 28;

/** The shape of a series; gaps (null) break the line. */
export function sparkline(values) {
  const known = values.filter((value) => value !== null);
  const top = Math.max(...known, 0);
  const bottom = Math.min(...known, top);
  const range = top - bottom || 1;
  const x = (i) => ((i / (values.length - 1)) * WIDTH).toFixed(1);
  const y = (value) => (HEIGHT - 2 - ((value - bottom) / range) * (HEIGHT - 4)).toFixed(1);
  let pen = 'M';
  let path = '';
  values.forEach((value, i) => {
    if (value === null) {
      pen = 'M';
    } else {
      // The stroke of no length makes a dot of a value between two gaps.
      path += `${pen}${x(i)} ${y(value)}${pen === 'M' ? 'h0' : ''}`;
      pen = 'L';
    }
  });
  return svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'spark', preserveAspectRatio: 'none' },
    svg('path', { d: path, 'vector-effect': 'non-scaling-stroke' }));
}
