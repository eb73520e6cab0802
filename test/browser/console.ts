import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import {
  connect,
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
if (reason !== undefined)
  process.stderr.write(`SKIPPED: browser tests of the console: ${reason}\n`);

export const noBrowser = reason !== undefined;

const SCREENSHOTS = process.env['CONSOLE_SCREENSHOTS'];

/** The console in a browser, in front of a control plane with one connected runner. */
export interface Console {
  readonly stage: Stage;
  readonly runner: Connection;
  readonly identity: Identity;
  /** A new page for each test. */
  readonly page: Page;
  /** Errors on the page. */
  readonly problems: readonly string[];
  signIn(token?: string): Promise<void>;
  /** Accepts the next offer as the runner. */
  nextJob(): Promise<Ref>;
  shot(name: string): Promise<void>;
}

/** Opens the console for the tests of a file. Its members are available within tests. */
export function useConsole(): Console {
  let browser: Browser | undefined;
  let opened: Pick<Console, 'stage' | 'runner' | 'identity'> | undefined;
  let shown: Pick<Console, 'page' | 'problems'> | undefined;
  beforeAll(async () => {
    opened = await openControlPlane();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    opened?.runner.close();
    await opened?.stage.close();
  });
  beforeEach(async () => {
    shown = await openPage(browser!, opened!.stage.port);
  });
  afterEach(() => shown?.page.close());
  return {
    get stage() {
      return opened!.stage;
    },
    get runner() {
      return opened!.runner;
    },
    get identity() {
      return opened!.identity;
    },
    get page() {
      return shown!.page;
    },
    get problems() {
      return shown!.problems;
    },
    signIn: async (token = ADMIN_TOKEN) => {
      await shown!.page.getByLabel('Admin token').fill(token);
      await shown!.page.getByRole('button', { name: 'Sign in' }).click();
    },
    nextJob: async () => {
      const { ref } = await opened!.runner.take<{ ref: Ref }>('offer');
      opened!.runner.send('accept', { ref });
      return ref;
    },
    shot: async (name) => {
      if (SCREENSHOTS !== undefined)
        await shown!.page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
    },
  };
}

async function openControlPlane(): Promise<Pick<Console, 'stage' | 'runner' | 'identity'>> {
  const stage = await openStage();
  await prepareCatalog(stage.api);
  const identity = await stage.enroll('edge runner');
  const { connection: runner } = await connect('ws', stage, identity);
  return { stage, runner, identity };
}

async function openPage(
  browser: Browser,
  port: number,
): Promise<Pick<Console, 'page' | 'problems'>> {
  const problems: string[] = [];
  const page = await browser.context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(`https://localhost:${port}/`);
  return { page, problems };
}
