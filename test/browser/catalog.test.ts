import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { batch, outcomeLine } from '../../control-plane/test/fake-records.ts';
import { noBrowser, useConsole } from './console.ts';
import { HOSTILE, richRecords } from './records.ts';

describe.skipIf(noBrowser)('catalog in the console', () => {
  const view = useConsole();

  it('shows all details of a table and its lineage graph', async () => {
    await view.stage.api.post('/api/v1/pipelines/sandbox_metadata/runs');
    const ref = await view.nextJob();
    const lines = richRecords();
    view.runner.send('batch', batch(ref, 1, [...lines, outcomeLine(lines)], { last: true }));
    await view.runner.take('ack');
    await view.signIn();
    await view.page.goto(
      `https://localhost:${view.stage.port}/#/table/sandbox.default.salesforce.Invoice__c`,
    );
    await view.page.getByRole('heading', { name: 'Invoice' }).waitFor();
    const about = view.page.getByRole('region', { name: 'About' });
    await about.getByText('12,345').waitFor();
    await view.page.getByRole('region', { name: 'Owners' }).getByText('ada@acme.example').waitFor();
    await view.page
      .getByRole('region', { name: 'Properties' })
      .getByText('Total must not be negative')
      .waitFor();
    await view.page
      .getByRole('region', { name: 'Code' })
      .getByRole('link', { name: 'InvoiceTrigger' })
      .waitFor();
    expect(
      await view.page.getByRole('region', { name: 'Samples' }).getByRole('row').allInnerTexts(),
    ).toEqual(['Id\tTotal__c\tPaid__c', 'a01000000000001AAA\t12.5\ttrue', `${HOSTILE}\t–\tfalse`]);
    const total = view.page.getByRole('row').filter({ hasText: 'Total__c' });
    await total.getByText('SalesforceComplianceGroup.GDPR').waitFor();
    await total.getByText('Amount__c * Rate__c').waitFor();
    const lineage = view.page.getByRole('region', { name: 'Lineage', exact: true });
    await lineage.getByLabel('Depth').selectOption('3');
    await lineage.getByRole('link', { name: 'Region' }).waitFor();
    expect(await lineage.locator('svg .edge').count()).toBe(4);
    expect(await edgesOutside(lineage)).toEqual([]);
    await lineage.getByText('Columns (1)').click();
    await lineage.getByText('Account.Name → Invoice__c.Total__c').waitFor();
    await view.shot('table-rich');
    await lineage.getByRole('link', { name: 'Account', exact: true }).click();
    await view.page.getByRole('heading', { name: 'Account' }).waitFor();
    await view.page
      .getByRole('region', { name: 'Samples' })
      .getByText('the runner’s policy permits it')
      .waitFor();
    expect(view.problems).toEqual([]);
  });

  it('lists the catalog by type and shows code', async () => {
    await view.signIn();
    await view.page.getByRole('link', { name: 'Catalog' }).click();
    await view.page
      .getByRole('navigation', { name: 'Types' })
      .getByRole('link', { name: /^Tags/ })
      .click();
    await view.page.getByRole('link', { name: 'GDPR' }).waitFor();
    await view.page
      .getByRole('navigation', { name: 'Types' })
      .getByRole('link', { name: /^holograms/ })
      .waitFor();
    await view.shot('catalog');
    await view.page
      .getByRole('navigation', { name: 'Types' })
      .getByRole('link', { name: /^Code/ })
      .click();
    await view.page.getByRole('link', { name: 'InvoiceTrigger' }).click();
    await view.page.getByRole('region', { name: 'Code' }).getByText(HOSTILE).waitFor();
    await view.shot('code');
    expect(await view.page.title()).not.toContain('owned');
    expect(view.problems).toEqual([]);
  });
});

/** Edges that leave the drawing. */
function edgesOutside(lineage: Locator): Promise<string[]> {
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
        (edge) =>
          edge.getBBox().x < 0 || edge.getBBox().x + edge.getBBox().width > svg.width.baseVal.value,
      )
      .map((edge) => edge.getAttribute('d'));
  });
}
