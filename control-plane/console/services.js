import { get } from './api.js';
import { el, replace } from './dom.js';
import { jobKinds } from './job-kinds.js';
import { emptyCard, heading } from './layout.js';
import { serviceCard } from './service-card.js';
import { addService } from './service-form.js';

export async function servicesPage(place, signal) {
  const [{ services }, { pipelines }, { schedules }, { signatures }, { runs }, kinds] =
    await Promise.all([
      get('/services', signal),
      get('/pipelines', signal),
      get('/schedules', signal),
      get('/signatures', signal),
      get('/runs?limit=200', signal),
      jobKinds(),
    ]);
  const signatureOf = (subject, name) =>
    signatures.find((one) => one.subject === subject && one.name === name);
  const cards = services.map((service) =>
    serviceCard({
      service: { ...service, signature: signatureOf('service', service.name) },
      pipelines: pipelines
        .filter((pipeline) => pipeline.service === service.name)
        .map((pipeline) => ({
          ...pipeline,
          schedule: schedules.find((one) => one.pipeline === pipeline.name),
          signature: signatureOf('pipeline', pipeline.name),
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
