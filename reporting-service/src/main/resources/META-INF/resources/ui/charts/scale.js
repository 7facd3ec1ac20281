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
