import { overviewPage } from './overview.js';

/**
 * The pages. A page is `{path, title, create(context)}`; `create` answers `{element, refresh(state, signal)}`, and
 * `refresh` shows the state's numbers and answers their `freshness`. The context has `navigate(state)`, which changes
 * the period or the filters. The server must know the path too: `WebPages` in the reporting service.
 */
export const PAGES = [overviewPage];
