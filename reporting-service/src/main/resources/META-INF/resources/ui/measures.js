/** What each figure means, in one sentence; the help page has more under the same names. */
export const MEASURES = {
  model_calls: { label: 'Model calls', help: 'Requests to a language model that were reported, failed ones included. Each is counted once, however often it is sent.' },
  cost: { label: 'Cost', help: 'What the calls cost by the prices that held when they were made. The projection adds the mean of the last complete days for the rest of the month.' },
  tokens: { label: 'Tokens', help: 'Input and output tokens together. Cached input is part of the input, and reasoning is part of the output.' },
  success_rate: { label: 'Success rate', help: 'The share of model calls, agent runs and steps that did not end in failure or timeout.' },
  latency: { label: 'Latency p95', help: 'Nineteen of twenty model calls were answered at least this fast; p50 is the median, p99 the slowest in a hundred.' },
  active_agents: { label: 'Active agents', help: 'Distinct agents that reported anything in the period.' },
  active_users: { label: 'Active users', help: 'Distinct people behind the usage, counted by pseudonym; above 128 the number is an estimate, within about 2%.' },
  agent_runs: { label: 'Agent runs', help: 'Executions of agents: one run may make many model calls.' },
};
