import { ApiProblem } from './api.js';

const LIVE_MILLIS = 1_000;
/** For periods that lie in the past: only late events and new prices change them. */
const PAST_MILLIS = 30_000;
/** For a tab that nobody looks at. */
const HIDDEN_MILLIS = 60_000;
const LONGEST_BACK_OFF_MILLIS = 30_000;
/**
 * Calls `refresh(signal)` again and again, one at a time, and tells `onStatus` how that goes:
 * `{state: 'live'|'past'|'hidden'|'retrying'|'stopped', problem, retryAt}`. A failure that may pass is
 * retried with growing pauses; any other stops the loop until `restart`.
 */
export class Poller {
  #refresh;
  #isLive;
  #onStatus;
  #timer = null;
  #running = null;
  #failures = 0;
  #stopped = true;

  constructor(refresh, isLive, onStatus) {
    this.#refresh = refresh;
    this.#isLive = isLive;
    this.#onStatus = onStatus;
    document.addEventListener('visibilitychange', () => this.#visibilityChanged());
    window.addEventListener('online', () => this.#failures > 0 && !this.#stopped && this.restart());
  }

  /** Asks at once; what is under way is given up. */
  restart() {
    this.stop();
    this.#stopped = false;
    this.#failures = 0;
    this.#run();
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#running?.abort();
    this.#running = null;
  }

  #visibilityChanged() {
    if (this.#stopped || this.#running) {
      return;
    }
    clearTimeout(this.#timer);
    if (document.hidden) {
      this.#schedule(0);
    } else {
      this.#run();
    }
  }

  async #run() {
    const running = new AbortController();
    this.#running = running;
    const started = performance.now();
    try {
      await this.#refresh(running.signal);
      if (running.signal.aborted) {
        return;
      }
      this.#running = null;
      this.#failures = 0;
      this.#schedule(performance.now() - started);
    } catch (error) {
      if (running.signal.aborted) {
        return;
      }
      this.#running = null;
      this.#failed(error);
    }
  }

  #schedule(workMillis) {
    const state = document.hidden ? 'hidden' : this.#isLive() ? 'live' : 'past';
    const rest = { live: LIVE_MILLIS, past: PAST_MILLIS, hidden: HIDDEN_MILLIS }[state];
    // Counted from the last start, so that a new event shows in time; but a server that is slow to answer gets at least as
    // long a rest as its last answer took.
    this.#timer = setTimeout(() => this.#run(), Math.max(rest - workMillis, workMillis));
    this.#onStatus({ state });
  }

  #failed(error) {
    if (!(error instanceof ApiProblem)) {
      console.error(error);
    }
    const problem = error instanceof ApiProblem
      ? error
      : new ApiProblem(-1, 'page_error', 'The page failed', `The page could not show the answer: ${error.message}`);
    if (!problem.passing) {
      this.#stopped = true;
      this.#onStatus({ state: 'stopped', problem });
      return;
    }
    const doubled = LIVE_MILLIS * 2 ** Math.min(this.#failures, 10);
    this.#failures += 1;
    const asked = (problem.retryAfterSeconds ?? 0) * 1000;
    const pause = Math.max(asked, document.hidden ? HIDDEN_MILLIS : Math.min(doubled, LONGEST_BACK_OFF_MILLIS));
    this.#timer = setTimeout(() => this.#run(), pause);
    this.#onStatus({ state: 'retrying', problem, retryAt: Date.now() + pause });
  }
}
