import { appendFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Report } from '../../src/doctor/report.ts';
import { PERSON } from './debian-root.ts';
import type { Machine } from './machine.ts';
import type { Outside } from './outside.ts';
import { say, type Result } from './run.ts';

export const debOf = (version: string): string => `hybrid-runner_${version}_amd64.deb`;
export const npmPackageOf = (version: string): string => `hybrid-ingestion-runner-${version}.tgz`;

/** Tells a machine the addresses of what is outside, and whom to trust. */
export async function introduce(machine: Machine, outside: Outside): Promise<void> {
  appendFileSync(
    join(machine.root, 'etc/hosts'),
    `127.0.1.1 ${await machine.ask('hostname')}\n${outside.hosts}`,
  );
  mkdirSync(join(machine.root, 'usr/local/share/ca-certificates'), { recursive: true });
  for (const [name, pem] of Object.entries(outside.authorities))
    writeFileSync(join(machine.root, 'usr/local/share/ca-certificates', name), pem);
  await machine.ask('update-ca-certificates');
}

/** The runner on a machine, as a person who follows the README sees it. */
export class Installation {
  readonly #machine: Machine;
  readonly #outside: Outside;
  readonly #objects: number;

  constructor(machine: Machine, outside: Outside, objects: number) {
    this.#machine = machine;
    this.#outside = outside;
    this.#objects = objects;
  }

  /** Files of the machine; journal, caches and what apt remembers left out. */
  async files(): Promise<string[]> {
    return (
      await this.#machine.ask(
        String.raw`find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/log -o -path /var/cache -o -path /var/lib/apt -o -path /home/${PERSON} -o -path /root/.npm \) -prune -o -print`,
      )
    )
      .split('\n')
      .sort();
  }

  /** Copies a file of a release to the home directory of the person. */
  copyIn(directory: string, name: string): string {
    cpSync(join(directory, name), join(this.#machine.root, 'home', PERSON, name));
    return name;
  }

  /** A command of the README with what its reader would type. */
  async #follow(command: string): Promise<Result> {
    say(command.split('\n')[0]!);
    if (command.includes('--token-file -'))
      return this.#machine.asPerson(command, await this.#outside.enrollmentToken());
    if (command.includes('secrets set'))
      return this.#machine.asPerson(command, this.#outside.sandbox.credentials.password);
    return this.#machine.asPerson(command, command.includes('apt purge') ? 'y\n' : '');
  }

  /** Follows the README from where it stopped, up to the command that contains a text. */
  async followUntil(commands: string[], text: string): Promise<Result> {
    for (let command = commands.shift(); command !== undefined; command = commands.shift()) {
      const result = await this.#follow(command);
      if (result.code !== 0)
        throw new Error(`${command} ended with ${result.code}:\n${result.stdout}${result.stderr}`);
      if (command.includes(text)) return result;
    }
    throw new Error(`README.md has no command with "${text}" where it is expected`);
  }

  async expectWhole(id: string): Promise<void> {
    expect(await this.#outside.ended(id)).toMatchObject({
      state: 'success',
      integrity: 'ok',
      counts: { objects: this.#objects },
    });
    expect(await this.#outside.tables()).toBe(this.#objects);
  }

  /** Nothing that doctor looks at has failed, and it has looked at what matters. */
  async expectHealthy(): Promise<void> {
    for (const who of ['sudo', 'sudo -u hybrid-runner']) {
      const { code, stdout } = await this.#machine.asPerson(`${who} hybrid-runner doctor --json`);
      const { firstFailure, checks } = JSON.parse(stdout) as Report;
      expect([firstFailure, code]).toEqual([null, 0]);
      const passed = checks.filter(({ status }) => status === 'pass').map(({ name }) => name);
      expect(passed).toEqual(
        expect.arrayContaining(['data', 'clock', 'rules', 'channels', 'acceptance', 'service']),
      );
    }
  }

  /** A run that remembers no earlier one, so that it has much to do, in the middle of its work. */
  async runInside(): Promise<string> {
    await this.#machine.ask('rm -rf /var/lib/hybrid-runner/connectors/salesforce/last-runs');
    return this.#outside.runInside();
  }

  /** Installs another version over the running one, and waits until that one is connected. */
  async replaceBy(version: string, install: string): Promise<void> {
    expect(await this.#machine.asPerson(`${install} --yes ./${debOf(version)}`)).toMatchObject({
      code: 0,
    });
    await this.#machine.waitFor(
      `${version} to connect`,
      async () => {
        const status = await this.#machine.asPerson('sudo hybrid-runner status --json');
        return (JSON.parse(status.stdout) as { version: string }).version === version;
      },
      120_000,
    );
    await this.#machine.waitFor('the runner to connect', () => this.#outside.connected());
    expect((await this.#machine.asPerson('sudo hybrid-runner config show')).stdout).toMatch(
      /capacity\s.*3.*runner\.yaml/,
    );
  }
}
