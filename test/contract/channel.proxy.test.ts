import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NETWORK_CHANNELS } from '../../foundation/src/network/channel-kind.ts';
import { NEVER } from '../../foundation/src/runtime/abort.ts';
import { loadCodec } from '../../src/channel/codec.ts';
import { ConnectProxy } from '../support/connect-proxy.ts';
import { batch, errorOf } from './channel.contract.ts';
import { NetworkStage, portOf } from './channel.stage.ts';

describe.each(NETWORK_CHANNELS)('%s channel', (kind) => {
  let stage: NetworkStage;

  beforeAll(async () => {
    stage = await NetworkStage.open(kind);
  });

  afterAll(() => stage.close());

  async function exchange(dialer = stage.dialer()): Promise<void> {
    const [channel, peer] = await Promise.all([dialer.dial(NEVER), stage.accepted()]);
    await channel.send(batch(7), NEVER);
    expect((await loadCodec()).decode(await peer.next())).toEqual(batch(7));
    await channel.close('done');
  }

  describe('through a proxy', () => {
    let proxy: ConnectProxy;

    afterEach(() => proxy.close());

    function through(url: string): ReturnType<NetworkStage['dialer']> {
      return stage.dialer({ settings: { proxy: url } });
    }

    it('works and sends the proxy only the address', async () => {
      proxy = await ConnectProxy.open();
      await exchange(through(`http://127.0.0.1:${proxy.port}`));
      expect(proxy.requested).toEqual([`127.0.0.1:${stage.server.port}`]);
    });

    it('works with credentials', async () => {
      proxy = await ConnectProxy.open({ credentials: 'runner:pa:ss' });
      await exchange(through(`http://runner:pa%3Ass@127.0.0.1:${proxy.port}`));
    });

    it('rejects wrong credentials without showing them in the error', async () => {
      proxy = await ConnectProxy.open({ credentials: 'runner:right' });
      const error = await errorOf(
        through(`http://runner:wrong-one@127.0.0.1:${proxy.port}`).dial(NEVER),
      );
      expect(error.code).toBe('PROXY_REFUSED');
      expect(`${error.message}${error.remedy}`).not.toMatch(/wrong-one|right/);
    });
  });
});

const tinyproxy = installed('tinyproxy');

describe.skipIf(tinyproxy === undefined)('through Debian\u2019s tinyproxy', () => {
  let child: ChildProcess;
  let directory: string;
  let port: number;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tinyproxy-'));
    const probe = createServer();
    port = await portOf(probe);
    probe.close();
    const file = join(directory, 'tinyproxy.conf');
    writeFileSync(
      file,
      `Port ${port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nBasicAuth runner secret\nLogLevel Warning\nLogFile "${join(directory, 'log')}"\n`,
    );
    child = spawn(tinyproxy!, ['-d', '-c', file], { stdio: 'ignore' });
    await untilListening(port);
  });

  afterAll(async () => {
    child.kill();
    await once(child, 'exit');
    rmSync(directory, { recursive: true, force: true });
  });

  it.each(NETWORK_CHANNELS)(
    'opens a %s channel with credentials and rejects one without',
    async (kind) => {
      const stage = await NetworkStage.open(kind);
      const dialer = stage.dialer({
        settings: { proxy: `http://runner:secret@127.0.0.1:${port}` },
      });
      const [channel, peer] = await Promise.all([dialer.dial(NEVER), stage.accepted()]);
      await channel.send(batch(7, 300_000), NEVER);
      expect((await peer.next()).length).toBeGreaterThan(300_000);
      await channel.close('done');
      const error = await errorOf(
        stage.dialer({ settings: { proxy: `http://127.0.0.1:${port}` } }).dial(NEVER),
      );
      expect(error.code).toBe('PROXY_REFUSED');
      await stage.close();
    },
  );
});

function installed(program: string): string | undefined {
  try {
    return execFileSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = connect(port, '127.0.0.1');
    const up = await new Promise<boolean>((resolve) =>
      socket.on('connect', () => resolve(true)).on('error', () => resolve(false)),
    );
    socket.destroy();
    if (up) return;
    await delay(50);
  }
  throw new Error('proxy did not start');
}
