/** Round numbers for an axis from zero, three or four of them, the last at or above `top`. */
export function ticks(top, whole) {
  if (!(top > 0)) {
    return [0, 1];
  }
  const rough = top / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * 0.999);
  if (whole) {
    step = Math.max(1, Math.ceil(step));
  }
  const result = [0];
  while (result.at(-1) < top * 0.999) {
    result.push(Number((result.length * step).toPrecision(12)));
  }
  return result;
}

const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360];
const HOURS = [1, 2, 3, 6, 12, 24];

/** Which of the buckets get a time below the axis: round ones, at least `apart` buckets from each other. */
export function timeTicks(starts, granularity, apart) {
  const indexes = [...starts.keys()];
  const round = (steps, position) => {
    const step = steps.find((candidate) => candidate >= apart);
    return step ? indexes.filter((i) => position(starts[i]) % step === 0) : [];
  };
  let chosen = [];
  if (granularity === 'minute') {
    chosen = round(MINUTES, (date) => date.getHours() * 60 + date.getMinutes());
  } else if (granularity === 'hour') {
    chosen = round(HOURS, (date) => date.getHours());
    if (starts.at(-1) - starts[0] > 2 * 86_400_000) {
      const midnights = indexes.filter((i) => starts[i].getHours() === 0);
      chosen = every(midnights, Math.ceil(apart / 24));
    }
  }
  return chosen.length > 0 ? chosen : every(indexes, apart);
}

function every(indexes, step) {
  return indexes.filter((_, i) => i % Math.max(1, step) === 0);
}
