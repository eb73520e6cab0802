import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createAuthority } from '../support/certificates.ts';
import { freePort } from './prometheus.ts';

const PROGRAM = '/usr/sbin/rsyslogd';

/** Whether rsyslog is here. Prints the reason if it is not; in CI its absence is a failure. */
export function hasRsyslog(): boolean {
  if (existsSync(PROGRAM) || process.env['CI'] !== undefined) return true;
  process.stderr.write(
    `test:observability: skipped, because ${PROGRAM} is not here (apt-get install rsyslog rsyslog-gnutls rsyslog-openssl)\n`,
  );
  return false;
}

/** An rsyslog that takes syslog over TLS and writes the messages to a file, without headers. */
export class Rsyslog {
  readonly port: number;
  readonly caFile: string;
  readonly #directory: string;
  #process: ChildProcess | undefined;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.port = port;
    this.caFile = join(directory, 'ca.pem');
  }

  /** With one of the TLS libraries that Debian has for it. */
  static async start(driver: 'gtls' | 'ossl', host: string): Promise<Rsyslog> {
    const directory = mkdtempSync(join(tmpdir(), 'rsyslog-'));
    const authority = await createAuthority();
    const { certPem, keyPem } = await authority.issue([host]);
    const write = (name: string, content: string): void =>
      writeFileSync(join(directory, name), content, { mode: 0o600 });
    write('ca.pem', authority.caPem);
    write('cert.pem', certPem);
    write('key.pem', keyPem);
    const rsyslog = new Rsyslog(directory, await freePort());
    write('rsyslog.conf', configuration(directory, driver, rsyslog.port));
    await rsyslog.run();
    return rsyslog;
  }

  async run(): Promise<void> {
    const { PATH } = process.env;
    const paths = ['-f', join(this.#directory, 'rsyslog.conf'), '-i', join(this.#directory, 'pid')];
    this.#process = spawn(PROGRAM, ['-n', ...paths], { stdio: 'ignore', env: { PATH } });
    while (!(await this.#isListening())) await delay(50);
  }

  /** Lets it end in order: it stores what it has read. */
  async stop(): Promise<void> {
    if (this.#process?.exitCode === null && this.#process.kill('SIGTERM'))
      await once(this.#process, 'exit');
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true });
  }

  /** The messages in the order of their arrival. */
  messages(): readonly string[] {
    const path = join(this.#directory, 'messages');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  }

  async #isListening(): Promise<boolean> {
    if (this.#process?.exitCode !== null) throw new Error('rsyslog has ended');
    const socket = connect(this.port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}

/** As docs/audit.md shows it, with files of this test. */
function configuration(directory: string, driver: string, port: number): string {
  const file = (name: string): string => join(directory, name);
  return `
    global(workDirectory="${directory}" maxMessageSize="64k" defaultNetstreamDriver="${driver}"
      defaultNetstreamDriverCAFile="${file('ca.pem')}"
      defaultNetstreamDriverCertFile="${file('cert.pem')}"
      defaultNetstreamDriverKeyFile="${file('key.pem')}")
    module(load="imtcp" streamDriver.name="${driver}" streamDriver.mode="1" streamDriver.authMode="anon")
    input(type="imtcp" port="${port}" address="127.0.0.1")
    template(name="line" type="string" string="%msg%\\n")
    action(type="omfile" file="${file('messages')}" template="line")
  `;
}
