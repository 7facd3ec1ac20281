import * as auth from "./auth.js";

/** An answer that is a problem, with its stable code. */
export class Problem extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(path, {
      ...options,
      headers: { Authorization: `Bearer ${auth.key()}`, "Content-Type": "application/json" },
      signal: AbortSignal.timeout(15000),
    });
  } catch {
    throw new Problem(0, "unreachable", "TokenLedger does not answer. It is tried again.");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Problem(response.status, body.code ?? "unknown", body.detail ?? `The answer was ${response.status}.`);
  }
  return body;
}

export const overview = (view) => call(`/v1/analytics/overview?${view.parameters()}`);

export const query = (question) =>
  call("/v1/analytics/query", { method: "POST", body: JSON.stringify(question) });

export const values = async (dimension) =>
  (await call(`/v1/analytics/dimensions/${dimension}/values?limit=200`)).values;
