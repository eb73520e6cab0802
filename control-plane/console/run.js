import { followRun, get, post } from './api.js';
import { el, replace } from './dom.js';
import { jobKinds } from './job-kinds.js';
import { actionButton, heading, isEnded, notice, stateBadge } from './layout.js';
import { logView } from './log-view.js';
import { runPanels } from './run-panels.js';

export async function runPage(place, signal, { id }) {
  const [run, kinds] = await Promise.all([
    get(`/runs/${encodeURIComponent(id)}`, signal),
    jobKinds(),
  ]);
  const view = runView(run, kinds);
  replace(place, view.heading, view.summary, view.log.element);
  view.update(run);
  const clock = setInterval(() => view.refresh(), 1000);
  signal.addEventListener('abort', () => clearInterval(clock));
  const listeners = {
    state: (state) => view.update(state),
    progress: (progress) => view.update({ progress }),
    log: (line) => view.log.add(line),
  };
  void followRun(id, listeners, signal).then(() => clearInterval(clock));
}

/**
 * The elements of the page. `update` merges changes of the run and redraws; `refresh` redraws
 * durations.
 */
function runView(initial, kinds) {
  let run = initial;
  const summary = el('div', { class: 'stack' });
  const state = el('span', { role: 'status', 'aria-label': 'State' });
  const cancel = cancelButton(run.id);
  const draw = () => {
    if (state.dataset.state !== run.state) {
      state.dataset.state = run.state;
      replace(state, stateBadge(run.state));
    }
    cancel.hidden = isEnded(run.state) || run.cancelRequested;
    replace(summary, runPanels(run));
  };
  return {
    heading: heading(`${kinds.get(run.kind) ?? run.kind} of ${run.service}`, {
      crumb: el('a', { href: '#/runs' }, 'Runs'),
      note: el('span', { class: 'mono' }, run.id),
      actions: [state, cancel],
    }),
    summary,
    log: logView(),
    update: (changes) => {
      run = { ...run, ...changes };
      draw();
    },
    refresh: () => isEnded(run.state) || draw(),
  };
}

function cancelButton(id) {
  const cancel = async () => {
    await post(`/runs/${encodeURIComponent(id)}/cancel`);
    notice('Canceling: waiting for the runner to stop.');
  };
  return actionButton('Cancel run', cancel, 'danger');
}
