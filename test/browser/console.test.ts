import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  batch,
  connect,
  dial,
  logLine,
  outcomeLine,
  sayHello,
  stepLine,
  tableLine,
  type Connection,
  type Identity,
  type Ref,
} from '../../control-plane/test/fake-runner.ts';
import {
  ADMIN_TOKEN,
  openStage,
  prepareCatalog,
  type Stage,
} from '../../control-plane/test/stage.ts';
import { openBrowser, whyNoBrowser, type Browser } from './browser.ts';

const reason = whyNoBrowser();
const SHOTS = process.env['CONSOLE_SCREENSHOTS'];
const HOSTILE =
  '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';

if (reason !== undefined) process.stderr.write(`SKIPPED: the console's browser tests: ${reason}\n`);

describe.skipIf(reason !== undefined)('the console', () => {
  let stage: Stage;
  let browser: Browser;
  let page: Page;
  let problems: string[];
  let runner: Connection;
  let identity: Identity;

  beforeAll(async () => {
    stage = await openStage();
    await prepareCatalog(stage.api);
    identity = await stage.enroll('edge runner');
    ({ connection: runner } = await connect('ws', stage, identity));
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    runner?.close();
    await stage?.close();
  });

  beforeEach(async () => {
    problems = [];
    page = await browser.context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(`https://localhost:${stage.port}/`);
  });
  afterEach(() => page.close());

  const shot = async (name: string): Promise<void> => {
    if (SHOTS !== undefined)
      await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
  };

  async function signIn(token = ADMIN_TOKEN): Promise<void> {
    await page.getByLabel('Admin token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
  }

  async function nextJob(): Promise<Ref> {
    const { ref } = await runner.take<{ ref: Ref }>('offer');
    runner.send('accept', { ref });
    return ref;
  }

  it('lets nobody in without the admin token, and forgets it when the reader signs out', async () => {
    await signIn('a wrong token');
    await page.getByRole('alert').filter({ hasText: 'not the admin token' }).waitFor();
    await shot('sign-in');
    await signIn();
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Admin token').waitFor();
    expect(
      await page.evaluate('sessionStorage.length + localStorage.length + document.cookie.length'),
    ).toBe(0);
  });

  it('shows which runners are connected', async () => {
    await signIn();
    await page.getByRole('link', { name: 'Runners' }).click();
    const row = page.getByRole('row').filter({ hasText: 'edge runner' });
    await row.getByText('Connected', { exact: true }).waitFor();
    expect(await row.innerText()).toMatch(/WebSocket[\s\S]*0\.1\.0[\s\S]*0 of 2/);
    await shot('runners');
    expect(problems).toEqual([]);
  });

  it('makes a token that enrolls a runner, with the command to use it', async () => {
    await signIn();
    await page.getByRole('link', { name: 'Runners' }).click();
    await page.getByRole('button', { name: 'Enroll a runner' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.locator('#enroll-command').innerText()).toBe(
      `hybrid-runner enroll --url wss://localhost:${stage.port} --token-file -`,
    );
    expect(await dialog.locator('#enroll-token').innerText()).toMatch(/^hre_/);
    await shot('enroll');
    await dialog.getByRole('button', { name: 'Done' }).click();
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it('tests a connection and shows each step as it ends', async () => {
    await signIn();
    await page.getByRole('link', { name: 'Services' }).click();
    await shot('services');
    await page
      .getByRole('article', { name: 'sandbox' })
      .getByRole('button', { name: 'Test connection' })
      .click();
    const ref = await nextJob();
    const steps = page.getByRole('region', { name: 'Steps' });
    runner.send('batch', batch(ref, 1, [stepLine('CheckAccess')]));
    await steps.getByText('CheckAccess', { exact: true }).waitFor();
    expect(await steps.getByText('Running').count()).toBe(1);
    const lines = [stepLine('CheckAccess'), stepLine('GetTables')];
    runner.send('batch', batch(ref, 2, [lines[1]!, outcomeLine(lines)], { last: true }));
    await steps.getByText('Successful').waitFor();
    expect(await steps.getByRole('img', { name: 'passed' }).count()).toBe(2);
    await shot('test-connection');
    expect(problems).toEqual([]);
  });

  it('starts an ingestion, follows it live, and browses what came in', async () => {
    await signIn();
    await page.getByRole('link', { name: 'Services' }).click();
    await page
      .getByRole('article', { name: 'sandbox' })
      .getByRole('button', { name: 'Ingest metadata' })
      .click();
    const ref = await nextJob();
    runner.send('progress', { ref, phase: 'describe', done: 75, total: 300, apiCalls: 12 });
    await page.getByText('describe: 75 of 300').waitFor();
    expect(
      await page
        .getByRole('progressbar')
        .evaluate((bar) => (bar as unknown as { position: number }).position),
    ).toBe(0.25);
    const lines = [
      logLine('catalogue read: 300 objects'),
      logLine(`label ${HOSTILE}`, 'warn'),
      contactTable(),
      tableLine('Account'),
    ];
    runner.send('batch', batch(ref, 1, lines));
    await page.getByRole('log').getByText('catalogue read: 300 objects').waitFor();
    await page.getByRole('log').getByText(`label ${HOSTILE}`).waitFor();
    await shot('run-live');
    runner.send(
      'batch',
      batch(
        ref,
        5,
        [outcomeLine(lines, { counts: { objects: 300, fields: 9400, apiCalls: 20 } })],
        { last: true },
      ),
    );
    await page.getByRole('status', { name: 'State' }).getByText('Succeeded').waitFor();
    await page.getByText('verified').waitFor();
    await shot('run-done');
    await page.getByRole('link', { name: 'Browse the tables that came in' }).click();
    await page.getByText('2 tables').waitFor();
    await page.getByRole('searchbox').fill('contact');
    await page.getByText('1 table', { exact: true }).waitFor();
    await shot('tables');
    await page.getByRole('link', { name: 'Contact' }).click();
    await page.getByRole('heading', { name: HOSTILE }).waitFor();
    const account = page.getByRole('row').filter({ hasText: 'AccountId' });
    await page
      .getByRole('row')
      .filter({ hasText: 'primary key' })
      .getByText('VARCHAR(18)')
      .waitFor();
    await shot('table');
    await account.getByRole('link', { name: 'Account.Id' }).click();
    await page.getByRole('heading', { name: 'Account label' }).waitFor();
    expect(await page.title()).not.toContain('owned');
    expect(problems).toEqual([]);
  });

  it('shows all that is known about a table, with a picture of where its data comes from', async () => {
    await stage.api.post('/api/v1/pipelines/sandbox_metadata/runs');
    const ref = await nextJob();
    const lines = richRecords();
    runner.send('batch', batch(ref, 1, [...lines, outcomeLine(lines)], { last: true }));
    await runner.take('ack');
    await signIn();
    await page.goto(
      `https://localhost:${stage.port}/#/table/sandbox.default.salesforce.Invoice__c`,
    );
    await page.getByRole('heading', { name: 'Invoice' }).waitFor();
    const about = page.getByRole('region', { name: 'About' });
    await about.getByText('12,345').waitFor();
    await page.getByRole('region', { name: 'Owners' }).getByText('ada@acme.example').waitFor();
    await page
      .getByRole('region', { name: 'Properties' })
      .getByText('Total must not be negative')
      .waitFor();
    await page
      .getByRole('region', { name: 'Code' })
      .getByRole('link', { name: 'InvoiceTrigger' })
      .waitFor();
    expect(
      await page.getByRole('region', { name: 'Samples' }).getByRole('row').allInnerTexts(),
    ).toEqual(['Id\tTotal__c\tPaid__c', 'a01000000000001AAA\t12.5\ttrue', `${HOSTILE}\t–\tfalse`]);
    const total = page.getByRole('row').filter({ hasText: 'Total__c' });
    await total.getByText('SalesforceComplianceGroup.GDPR').waitFor();
    await total.getByText('Amount__c * Rate__c').waitFor();
    const lineage = page.getByRole('region', { name: 'Lineage', exact: true });
    await lineage.getByLabel('As far as').selectOption('3');
    await lineage.getByRole('link', { name: 'Region' }).waitFor();
    expect(await lineage.locator('svg .edge').count()).toBe(4);
    expect(await strays(lineage)).toEqual([]);
    await lineage.getByText('Columns (1)').click();
    await lineage.getByText('Account.Name → Invoice__c.Total__c').waitFor();
    await shot('table-rich');
    await lineage.getByRole('link', { name: 'Account', exact: true }).click();
    await page.getByRole('heading', { name: 'Account' }).waitFor();
    await page
      .getByRole('region', { name: 'Samples' })
      .getByText('the runner’s own policy permits it')
      .waitFor();
    expect(problems).toEqual([]);
  });

  it('lists the catalog by type and shows code', async () => {
    await signIn();
    await page.getByRole('link', { name: 'Catalog' }).click();
    await page
      .getByRole('navigation', { name: 'Types' })
      .getByRole('link', { name: /^Tags/ })
      .click();
    await page.getByRole('link', { name: 'GDPR' }).waitFor();
    await page
      .getByRole('navigation', { name: 'Types' })
      .getByRole('link', { name: /^holograms/ })
      .waitFor();
    await shot('catalog');
    await page
      .getByRole('navigation', { name: 'Types' })
      .getByRole('link', { name: /^Code/ })
      .click();
    await page.getByRole('link', { name: 'InvoiceTrigger' }).click();
    await page.getByRole('region', { name: 'Code' }).getByText(HOSTILE).waitFor();
    await shot('code');
    expect(await page.title()).not.toContain('owned');
    expect(problems).toEqual([]);
  });

  it('drains a runner and lets it work again', async () => {
    await stage.enroll('spare runner');
    await signIn();
    await page.getByRole('link', { name: 'Runners' }).click();
    const row = page.getByRole('row').filter({ hasText: 'spare runner' });
    await row.getByRole('button', { name: 'Drain' }).click();
    await row.getByRole('button', { name: 'Resume' }).click();
    await row.getByRole('button', { name: 'Drain' }).waitFor();
    expect(problems).toEqual([]);
  });

  it('says that an identity is used from two places, and what to do', async () => {
    const cloned = await stage.enroll('cloned runner');
    const features = ['zstd', 'identity-check'];
    const { connection: original } = await connect('ws', stage, cloned, {
      bootId: 'original',
      features,
    });
    const copy = await dial('ws', stage);
    await sayHello(copy, cloned, stage, { bootId: 'copy', features });
    const { number } = await original.take<{ number: number }>('identityCheck');
    original.send('heartbeat', {
      number: 1,
      leases: [],
      running: 0,
      capacity: 2,
      identityCheck: number,
    });
    expect(await copy.take('refusal')).toMatchObject({ code: 'IDENTITY_IN_USE', permanent: false });
    await signIn();
    await page.getByRole('link', { name: 'Runners' }).click();
    const row = page.getByRole('row').filter({ hasText: 'cloned runner' });
    await row.getByText('Used from two places', { exact: true }).waitFor();
    await row.getByText('hybrid-runner enroll --replace').waitFor();
    await shot('runner-cloned');
    original.close();
    copy.close();
    await stage.api.post(`/api/v1/runners/${cloned.runnerId}/revoke`);
  });

  it('says what each option of an ingestion does, and keeps the choice', async () => {
    await signIn();
    await page.getByRole('link', { name: 'Services' }).click();
    const card = page.getByRole('article', { name: 'sandbox' });
    await card.getByRole('button', { name: 'Options' }).click();
    await page.getByLabel('Views').uncheck();
    await page.getByLabel('Profile, calls at most').fill('25');
    await page.getByLabel('Sample rows of a table').fill('10');
    await page.getByLabel('Longest run in minutes').fill('30');
    await page.getByLabel('Tables: includes').fill('(');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('tableFilterPattern.includes.0').waitFor();
    await page.getByLabel('Tables: includes').fill('Account.*\nOrder.{1,3}');
    await page.getByLabel('Tables: excludes').fill('.*History');
    await shot('options');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The options are saved.').waitFor();
    const { body } = await stage.api.get('/api/v1/pipelines');
    const tableFilterPattern = { includes: ['Account.*', 'Order.{1,3}'], excludes: ['.*History'] };
    expect(body.pipelines[0]).toMatchObject({
      deadlineMs: 1_800_000,
      sourceConfig: {
        includeViews: false,
        includeTags: true,
        profile: { maxApiCalls: 25 },
        sampleRows: { rows: 10 },
        tableFilterPattern,
      },
    });
    await card.getByRole('button', { name: 'Options' }).click();
    expect(await page.getByLabel('Tables: includes').inputValue()).toBe('Account.*\nOrder.{1,3}');
    await page.getByRole('button', { name: 'Cancel' }).click();
  });

  it('cancels a run', async () => {
    await signIn();
    await page.getByRole('link', { name: 'Services' }).click();
    await page
      .getByRole('article', { name: 'sandbox' })
      .getByRole('button', { name: 'Ingest metadata' })
      .click();
    const ref = await nextJob();
    await page.getByRole('button', { name: 'Cancel run' }).click();
    expect(await runner.take('cancel')).toMatchObject({ ref });
    runner.send('batch', batch(ref, 1, [outcomeLine([], { status: 'cancelled' })], { last: true }));
    await page.getByRole('status', { name: 'State' }).getByText('Cancelled').waitFor();
    expect(await page.getByRole('button', { name: 'Cancel run' }).count()).toBe(0);
  });

  it('says why a run failed and what to do', async () => {
    await signIn();
    await page.getByRole('link', { name: 'Services' }).click();
    await page
      .getByRole('article', { name: 'sandbox' })
      .getByRole('button', { name: 'Test connection' })
      .click();
    const ref = await nextJob();
    const error = {
      code: 'SALESFORCE_LOGIN_FAILED',
      message: 'Salesforce refused the credentials',
      remedy: 'Check the security token.',
      retryable: false,
    };
    runner.send(
      'batch',
      batch(ref, 1, [outcomeLine([], { status: 'failed', error })], { last: true }),
    );
    const alert = page.getByRole('alert');
    await alert.getByText('Salesforce refused the credentials').waitFor();
    expect(await alert.innerText()).toContain('Check the security token.');
    await shot('run-failed');
    await page.getByRole('navigation').getByRole('link', { name: 'Runs' }).click();
    await page.getByRole('row').filter({ hasText: 'Failed' }).waitFor();
    await page.getByLabel('State').selectOption('cancelled');
    await page.getByRole('row').filter({ hasText: 'Failed' }).waitFor({ state: 'detached' });
    await page.getByLabel('State').selectOption('');
    await page.getByRole('row').filter({ hasText: 'Failed' }).waitFor();
    await shot('runs');
  });

  it('says what a run waits for, and when it is tried again after a failure that may pass', async () => {
    await stage.api.post(`/api/v1/runners/${identity.runnerId}/drain`, { reason: 'new disks' });
    const started = (await stage.api.post('/api/v1/pipelines/sandbox_metadata/runs')).body as {
      id: string;
    };
    await signIn();
    await page.goto(`https://localhost:${stage.port}/#/run/${started.id}`);
    await page.getByText('drain').first().waitFor();
    await shot('run-waiting');
    await stage.api.post(`/api/v1/runners/${identity.runnerId}/resume`);
    const ref = await nextJob();
    const error = {
      code: 'SALESFORCE_BUSY',
      message: 'Salesforce is in maintenance',
      remedy: 'Nothing.',
      retryable: true,
    };
    runner.send(
      'batch',
      batch(ref, 1, [outcomeLine([], { status: 'failed', error })], { last: true }),
    );
    await page.getByText('Salesforce is in maintenance').first().waitFor();
    await page.getByText(/Attempt 2 of \d+ begins at/).waitFor();
    await shot('run-retry');
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await page.getByRole('status', { name: 'State' }).getByText('Cancelled').waitFor();
  });

  it('refuses a password in plain text and keeps nothing of it', async () => {
    await signIn();
    await page.getByRole('link', { name: 'Services' }).click();
    await page.getByRole('button', { name: 'Add a service' }).click();
    await page.getByLabel('Name', { exact: true }).fill('acme');
    await page.getByLabel('User name').fill('etl@acme.example');
    await page.getByLabel('Password reference').fill('hunter2');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('fields are not secret references: password').waitFor();
    await page.getByLabel('Password reference').fill('secret:/salesforce/acme/password');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('article', { name: 'acme' }).waitFor();
    await shot('service-added');
  });

  it('edits a service from what is there, unless somebody else was quicker, and deletes it', async () => {
    await signIn();
    await page.getByRole('link', { name: 'Services' }).click();
    const card = page.getByRole('article', { name: 'acme' });
    const present = async (): Promise<Record<string, unknown>> =>
      (await stage.api.get('/api/v1/services/acme')).body as Record<string, unknown>;
    await card.getByRole('button', { name: 'Edit' }).click();
    expect(await page.getByLabel('User name').inputValue()).toBe('etl@acme.example');
    await page.getByLabel('Display name').fill('Acme sales');
    await page.getByLabel('Objects').fill('Account\nContact');
    await shot('service-edited');
    await page.getByRole('button', { name: 'Save' }).click();
    await card.getByRole('heading', { name: 'Acme sales' }).waitFor();
    expect(await present()).toMatchObject({
      displayName: 'Acme sales',
      connection: {
        username: 'etl@acme.example',
        password: 'secret:/salesforce/acme/password',
        sobjectNames: ['Account', 'Contact'],
      },
    });

    await card.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Objects').fill('');
    await stage.api.put(
      '/api/v1/services/acme',
      {
        type: 'Salesforce',
        connection: { username: 'other@acme.example', password: 'secret:/a/b' },
      },
      { 'if-match': '*' },
    );
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('has changed since it was read').waitFor();
    expect(await present()).toMatchObject({ connection: { username: 'other@acme.example' } });
    await page.getByRole('button', { name: 'Cancel' }).click();

    page.once('dialog', (dialog) => void dialog.accept());
    await card.getByRole('button', { name: 'Delete' }).click();
    await card.waitFor({ state: 'detached' });
    expect((await stage.api.get('/api/v1/services/acme')).status).toBe(404);
  });

  it('can be used with the keyboard alone', async () => {
    await page.getByLabel('Admin token').waitFor();
    await page.keyboard.type(ADMIN_TOKEN);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').innerText()).toBe('Skip to content');
    for (const name of ['Hybrid runner', 'Runs', 'Services']) {
      await page.keyboard.press('Tab');
      expect(await page.locator(':focus').innerText()).toBe(name);
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Services' }).waitFor();
  });
});

/** Ways of the drawing that leave it. */
function strays(lineage: Locator): Promise<string[]> {
  return lineage.locator('svg.lineage').evaluate((drawing) => {
    const svg = drawing as unknown as {
      readonly width: { readonly baseVal: { readonly value: number } };
      querySelectorAll(selector: string): Iterable<{
        getBBox(): { readonly x: number; readonly width: number };
        getAttribute(name: string): string;
      }>;
    };
    return [...svg.querySelectorAll('.edge')]
      .filter(
        (way) =>
          way.getBBox().x < 0 || way.getBBox().x + way.getBBox().width > svg.width.baseVal.value,
      )
      .map((way) => way.getAttribute('d'));
  });
}

function richRecords(): string[] {
  const schema = 'sandbox.default.salesforce';
  const lineage = (from: string, to: string, details: object = {}) => ({
    kind: 'lineage',
    from: `${schema}.${from}`,
    to: `${schema}.${to}`,
    details,
  });
  const table = (
    name: string,
    displayName: string,
    more: object = {},
    properties: object = {},
  ) => ({
    kind: 'entity',
    type: 'table',
    fqn: `${schema}.${name}`,
    request: {
      name,
      displayName,
      databaseSchema: schema,
      tableType: 'Regular',
      columns: [],
      ...more,
    },
    properties,
  });
  const records = [
    {
      kind: 'classification',
      name: 'SalesforceComplianceGroup',
      description: 'Compliance categories',
    },
    {
      kind: 'tag',
      classification: 'SalesforceComplianceGroup',
      name: 'GDPR',
      description: 'Personal data',
    },
    table('Account', 'Account'),
    table('Region__c', 'Region'),
    table('Ledger__c', 'Ledger'),
    table(
      'Invoice__c',
      'Invoice',
      {
        description: 'What customers owe.',
        tags: [{ tagFQN: 'SalesforceComplianceGroup.GDPR' }],
        sourceUrl: 'https://acme.my.salesforce.com/lightning',
        columns: [
          {
            name: 'Id',
            displayName: 'Record ID',
            dataType: 'VARCHAR',
            dataLength: 18,
            constraint: 'PRIMARY_KEY',
          },
          {
            name: 'Total__c',
            displayName: 'Total',
            dataType: 'DECIMAL',
            precision: 18,
            scale: 2,
            tags: [{ tagFQN: 'SalesforceComplianceGroup.GDPR' }],
          },
          { name: 'Status__c', displayName: 'Status', dataType: 'ENUM' },
        ],
      },
      {
        custom: true,
        labelPlural: 'Invoices',
        keyPrefix: 'a01',
        sharing: { internal: 'Private', external: 'Private' },
        features: ['searchable', 'triggerable'],
        recordTypes: [{ name: 'Standard', developerName: 'Standard', active: true }],
        validationRules: [
          { name: 'Positive', active: true, message: 'Total must not be negative' },
        ],
        columns: {
          Total__c: {
            formula: 'Amount__c * Rate__c',
            helpText: 'With tax',
            owners: [{ name: 'Ada', email: 'ada@acme.example', kind: 'user' }],
          },
          Status__c: {
            picklist: {
              restricted: true,
              values: [{ value: 'Open', default: true }, { value: 'Paid' }],
            },
          },
        },
      },
    ),
    {
      kind: 'sampleData',
      table: `${schema}.Invoice__c`,
      request: {
        columns: ['Id', 'Total__c', 'Paid__c'],
        rows: [
          ['a01000000000001AAA', 12.5, true],
          [HOSTILE, null, false],
        ],
      },
    },
    {
      kind: 'profile',
      table: `${schema}.Invoice__c`,
      request: { tableProfile: { timestamp: Date.now(), rowCount: 12_345, columnCount: 3 } },
    },
    lineage('Region__c', 'Account'),
    lineage('Invoice__c', 'Ledger__c'),
    lineage('Account', 'Region__c'),
    lineage('Account', 'Invoice__c', {
      columnsLineage: [
        { fromColumns: [`${schema}.Account.Name`], toColumn: `${schema}.Invoice__c.Total__c` },
      ],
    }),
    {
      kind: 'entity',
      type: 'storedProcedure',
      fqn: `${schema}.InvoiceTrigger`,
      request: {
        name: 'InvoiceTrigger',
        databaseSchema: schema,
        storedProcedureCode: {
          language: 'External',
          code: `trigger InvoiceTrigger on Invoice__c { /* ${HOSTILE} */ }`,
        },
      },
      properties: { objects: ['Invoice__c'] },
    },
    { kind: 'entity', type: 'holograms', fqn: `${schema}.h`, request: { depth: 3 } },
  ];
  return records.map((record) => JSON.stringify(record));
}

function contactTable(): string {
  return JSON.stringify({
    kind: 'entity',
    type: 'table',
    fqn: 'sandbox.default.salesforce.Contact',
    request: {
      name: 'Contact',
      displayName: HOSTILE,
      description: 'People at accounts',
      tableType: 'Regular',
      databaseSchema: 'sandbox.default.salesforce',
      columns: [
        {
          name: 'Id',
          displayName: 'Contact ID',
          dataType: 'VARCHAR',
          dataLength: 18,
          constraint: 'PRIMARY_KEY',
          description: 'Identifies the contact.',
        },
        {
          name: 'AccountId',
          displayName: 'Account',
          dataType: 'VARCHAR',
          dataLength: 18,
          description: 'Where the person works.',
        },
        {
          name: 'Budget__c',
          displayName: 'Budget',
          dataType: 'DECIMAL',
          precision: 18,
          scale: 2,
          constraint: 'NOT_NULL',
        },
      ],
      tableConstraints: [
        {
          constraintType: 'FOREIGN_KEY',
          columns: ['AccountId'],
          referredColumns: ['sandbox.default.salesforce.Account.Id'],
          relationshipType: 'MANY_TO_ONE',
        },
      ],
    },
  });
}
