/** Money as whole nano-dollars in a BigInt: sums are exact, only what is shown is rounded. */

const NANOS = 1_000_000_000n;

/** "12.345678901" → 12345678901n. Null stays null: no amount is not zero. */
export function parseUsd(text) {
  if (text === null || text === undefined) {
    return null;
  }
  const parts = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(text);
  if (!parts) {
    throw new TypeError(`not an amount: ${text}`);
  }
  const nanos = BigInt(parts[2]) * NANOS + BigInt((parts[3] ?? '').padEnd(9, '0'));
  return parts[1] ? -nanos : nanos;
}

/** As many digits as say something: cents for dollars, more for fractions of a cent. */
export function formatUsd(nanos) {
  if (nanos === null) {
    return '–';
  }
  const size = nanos < 0n ? -nanos : nanos;
  if (size === 0n || size >= NANOS) {
    return fixed(nanos, 2);
  }
  if (size >= NANOS / 100n) {
    return fixed(nanos, 4);
  }
  return fixed(nanos, size >= 1_000n ? 6 : 9);
}

/** An amount that misses the cost of some of the calls: a lower bound, or nothing known at all. */
export function boundedUsd(nanos, unpricedCalls, calls) {
  if (unpricedCalls > 0) {
    return unpricedCalls >= calls ? 'unpriced' : `≥ ${formatUsd(nanos)}`;
  }
  return formatUsd(nanos);
}

/** Every digit, for titles and exports. */
export function fullUsd(nanos) {
  return nanos === null ? 'no amount' : fixed(nanos, 9);
}

function fixed(nanos, digits) {
  const unit = 10n ** BigInt(9 - digits);
  const size = nanos < 0n ? -nanos : nanos;
  const rounded = (size + unit / 2n) / unit;
  const scale = 10n ** BigInt(digits);
  const whole = (rounded / scale).toString().replace(/\B(?=(\d{3})+$)/g, ',');
  const fraction = (rounded % scale).toString().padStart(digits, '0');
  return `${nanos < 0n ? '−' : ''}$${whole}.${fraction}`;
}

/** For lengths of bars and positions of points, where a pixel is coarse enough. */
export function approximate(nanos) {
  return nanos === null ? 0 : Number(nanos) / 1e9;
}

/** A part of a whole in percent with one digit; null without a whole. */
export function share(part, whole) {
  return part === null || !whole ? null : Number((part * 1000n + whole / 2n) / whole) / 10;
}
