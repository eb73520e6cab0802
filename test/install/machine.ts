import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { copyRoot, PERSON } from './debian-root.ts';
import { run, runWell, type Result } from './run.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const BOOT_PATIENCE_MS = 60_000;

export interface Network {
  /**
   * Of this machine, on the cable to the container; the first is also on the interface's subnet.
   */
  readonly outside: readonly string[];
  readonly inside: string;
  readonly prefixLength: number;
}

/**
 * Ends machines of test runs that were killed: all share a control group, so the systemd of the
 * next one would find their processes and units.
 */
async function endAbandoned(): Promise<void> {
  const { stdout } = await run('pgrep', ['--list-full', '--exact', 'systemd-nspawn']);
  for (const [, pid = '', owner = ''] of stdout.matchAll(/^(\d+) .*--machine=hr(\d+)/gm))
    if (!existsSync(`/proc/${owner}`)) await run('pkill', ['-KILL', '--parent', pid]);
}

/**
 * A Debian with systemd as its first process, in a container with a network of one cable to this
 * machine and no way further.
 */
export class Machine {
  /** Its files, as this machine sees them. */
  readonly root: string;
  readonly #nspawn: ChildProcess;
  readonly #leader: number;
  readonly #log: string;

  private constructor(root: string, nspawn: ChildProcess, leader: number, log: string) {
    this.root = root;
    this.#nspawn = nspawn;
    this.#leader = leader;
    this.#log = log;
  }

  static async boot(pristine: string, network: Network): Promise<Machine> {
    const directory = mkdtempSync(join(tmpdir(), 'machine-'));
    const [root, log, name] = [
      join(directory, 'root'),
      join(directory, 'boot.log'),
      `hr${process.pid}`,
    ];
    await endAbandoned();
    await copyRoot(pristine, root);
    const out = openSync(log, 'a');
    const nspawn = spawn(
      'systemd-nspawn',
      [
        '--directory',
        root,
        `--machine=${name}`,
        '--register=no',
        '--keep-unit',
        '--network-veth',
        '--resolv-conf=off',
        '--link-journal=no',
        '--boot',
      ],
      { stdio: ['ignore', out, out], detached: true },
    );
    closeSync(out);
    const machine = new Machine(root, nspawn, await leaderOf(nspawn.pid!), log);
    try {
      await machine.#connect(`ve-${name}`, network);
      await machine.waitFor(
        'systemd to finish booting',
        async () =>
          ['running', 'degraded'].includes(
            (await machine.asRoot('systemctl is-system-running')).stdout.trim(),
          ),
        BOOT_PATIENCE_MS,
      );
      return machine;
    } catch (thrown) {
      await machine.close();
      throw thrown;
    }
  }

  /** A shell command of root. */
  asRoot(command: string, input = ''): Promise<Result> {
    return this.#enter(['bash', '-c', command], input);
  }

  /** A shell command of a person who may use sudo, in their home directory. */
  asPerson(command: string, input = ''): Promise<Result> {
    return this.#enter(
      [
        'runuser',
        '-u',
        PERSON,
        '--',
        'env',
        '-i',
        `PATH=${PATH}`,
        `HOME=/home/${PERSON}`,
        'LANG=C.UTF-8',
        'bash',
        '-c',
        `cd && ${command}`,
      ],
      input,
    );
  }

  /** Standard output of a command of root that must succeed. */
  async ask(command: string): Promise<string> {
    const { code, stdout, stderr } = await this.asRoot(command);
    if (code !== 0) throw new Error(`${command} ended with ${code}:\n${stdout}${stderr}`);
    return stdout.trim();
  }

  async waitFor(what: string, condition: () => Promise<boolean>, ms = 60_000): Promise<void> {
    for (const end = Date.now() + ms; Date.now() < end; await delay(100)) {
      if (await condition().catch(() => false)) return;
    }
    throw new Error(
      `waited ${ms} ms for ${what}; the journal says:\n${(await this.asRoot('journalctl --no-pager --lines 40')).stdout}\nand the console:\n${readFileSync(this.#log, 'utf8').slice(-2000)}`,
    );
  }

  async close(): Promise<void> {
    const gone =
      this.#nspawn.exitCode === null && this.#nspawn.signalCode === null
        ? once(this.#nspawn, 'exit')
        : Promise.resolve();
    this.#nspawn.kill('SIGTERM');
    const force = setTimeout(() => this.#nspawn.kill('SIGKILL'), 20_000);
    await gone;
    clearTimeout(force);
    rmSync(join(this.root, '..'), { recursive: true, force: true });
  }

  #enter(command: readonly string[], input: string): Promise<Result> {
    return run(
      'nsenter',
      [
        '--target',
        `${this.#leader}`,
        '--all',
        'env',
        '-i',
        `PATH=${PATH}`,
        'HOME=/root',
        'LANG=C.UTF-8',
        ...command,
      ],
      { input },
    );
  }

  async #connect(cable: string, { outside, inside, prefixLength }: Network): Promise<void> {
    for (const address of outside)
      await runWell('ip', ['address', 'add', `${address}/${prefixLength}`, 'dev', cable]);
    await runWell('ip', ['link', 'set', cable, 'up']);
    await this.ask(`ip address add ${inside}/${prefixLength} dev host0 && ip link set host0 up`);
  }
}

/** The container's first process. */
async function leaderOf(nspawn: number): Promise<number> {
  for (const end = Date.now() + 20_000; Date.now() < end; await delay(50)) {
    const children = readFileSync(`/proc/${nspawn}/task/${nspawn}/children`, 'utf8').trim();
    if (
      children !== '' &&
      // Not a child of systemd-nspawn that is still preparing the container.
      /^(?:systemd|init)$/m.test(readFileSync(`/proc/${children.split(' ')[0]}/comm`, 'utf8'))
    )
      return Number(children.split(' ')[0]);
  }
  throw new Error('systemd-nspawn started no container');
}
