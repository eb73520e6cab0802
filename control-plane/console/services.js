import { get } from './api.js';
import { el, replace } from './dom.js';
import { jobKinds } from './job-kinds.js';
import { emptyCard, heading } from './layout.js';
import { serviceCard } from './service-card.js';
import { addService } from './service-form.js';

export async function servicesPage(place, signal) {
  const [{ services }, { pipelines }, { schedules }, { runs }, kinds] = await Promise.all([
    get('/services', signal),
    get('/pipelines', signal),
    get('/schedules', signal),
    get('/runs?limit=200', signal),
    jobKinds(),
  ]);
  const cards = services.map((service) =>
    serviceCard({
      service,
      pipelines: pipelines
        .filter((pipeline) => pipeline.service === service.name)
        .map((pipeline) => ({
          ...pipeline,
          schedule: schedules.find((one) => one.pipeline === pipeline.name),
        })),
      lastRun: runs.find((run) => run.service === service.name),
      kinds,
    }),
  );
  replace(
    place,
    heading('Services', {
      note: 'Salesforce orgs. Passwords and keys are references that a runner resolves; the control plane stores none.',
      actions: el('button', { type: 'button', onclick: addService }, 'Add a service'),
    }),
    cards.length === 0 ? emptyCard('No services yet.') : el('div', { class: 'grid' }, cards),
  );
}
