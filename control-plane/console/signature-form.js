import { get, put } from './api.js';
import { el } from './dom.js';
import { field, formDialog } from './forms.js';

/**
 * Shows the workflow of a pipeline, or of the connection tests of a service, and takes the
 * signature that was made over it elsewhere.
 */
export async function sign(subject, name) {
  const path = `/${subject}s/${encodeURIComponent(name)}`;
  const text = JSON.stringify(await get(`${path}/workflow`), null, 2);
  const signature = field({
    id: 'signature',
    kind: 'list',
    label: 'Signature',
    required: true,
    note: 'The output of the command. The control plane stores it and cannot make one.',
  });
  const content = [
    el(
      'p',
      {},
      'Save this workflow as workflow.json and read it: the signature permits all of it.',
    ),
    workflowBox(text),
    el('p', { class: 'mono small' }, commandFor(subject)),
    signature.element,
  ];
  const send = () => put(`${path}/signature`, { signature: signature.value.join('') });
  const what = subject === 'pipeline' ? name : `connection tests of ${name}`;
  formDialog(`Sign ${what}`, content, send, 'Signature stored.');
}

function workflowBox(text) {
  const box = el('textarea', {
    id: 'workflow-to-sign',
    rows: '12',
    readonly: true,
    spellcheck: 'false',
    class: 'mono small',
  });
  box.value = text;
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  return el(
    'div',
    { class: 'field' },
    el('label', { for: 'workflow-to-sign', class: 'small soft' }, 'Workflow'),
    box,
    el(
      'p',
      { class: 'small' },
      el('a', { href: address, download: 'workflow.json' }, 'Save as workflow.json'),
    ),
  );
}

function commandFor(subject) {
  const kind = subject === 'pipeline' ? '' : ' --kind test_connection';
  return `hybrid-runner jobs sign --workflow workflow.json --key KEY.pem --pool POOL --valid-for 90d${kind}`;
}
