import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { copyRoot } from './debian-root.ts';
import { run, runWell, type Result } from './run.ts';

const repository = resolve(import.meta.dirname, '../..');
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The last stage of packaging/Dockerfile, built without an engine: its instructions are carried out
 * in a Debian with Node 24, one after the other.
 */
export class Image {
  readonly #directory: string;
  #user = '0:0';
  #workingDir = '/';
  #env: readonly string[] = [];
  #volumes: readonly string[] = [];
  #entrypoint: readonly string[] = [];
  #command: readonly string[] = [];
  #healthCheck: readonly string[] = [];

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async build(pristine: string, directory: string): Promise<Image> {
    const image = new Image(directory);
    await copyRoot(pristine, image.#root);
    cpSync(process.execPath, join(image.#root, 'usr/local/bin/node'));
    writeFileSync(join(image.#root, 'etc/hosts'), '127.0.0.1 localhost\n');
    const dockerfile = readFileSync(join(repository, 'packaging/Dockerfile'), 'utf8')
      .replace(/^#.*\n/gm, '')
      .replaceAll('\\\n', ' ');
    const stage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM ') + 1);
    for (const line of stage
      .split('\n')
      .slice(1)
      .filter((text) => text.trim() !== ''))
      await image.#carryOut(line);
    return image;
  }

  /** A file of the configuration, which is mounted read-only and belongs to root. */
  configure(name: string, text: string): void {
    mkdirSync(join(this.#directory, 'configuration'), { recursive: true });
    writeFileSync(join(this.#directory, 'configuration', name), text, { mode: 0o644 });
  }

  /** What the image does when it is run with these arguments. */
  run(args: readonly string[], input = ''): Promise<Result> {
    return run('unshare', this.#inside([...this.#entrypoint, ...args]), { input });
  }

  /** What it does without arguments, until it is killed. */
  start(): ChildProcess {
    return spawn('unshare', this.#inside([...this.#entrypoint, ...this.#command]), {
      stdio: 'ignore',
    });
  }

  healthCheck(): Promise<Result> {
    return run('unshare', this.#inside(this.#healthCheck));
  }

  get #root(): string {
    return join(this.#directory, 'root');
  }

  /**
   * As `docker run --read-only --tmpfs /tmp` with a volume for each VOLUME and the configuration
   * mounted.
   */
  #inside(command: readonly string[]): string[] {
    const mounts = this.#volumes.map(
      (path) => `mount --bind ${join(this.#directory, 'volumes', path)} ${this.#root}${path}`,
    );
    const script = [
      'set -e',
      `mount --bind ${this.#root} ${this.#root}`,
      `mount -o remount,bind,ro ${this.#root}`,
      ...mounts,
      `mount --bind ${join(this.#directory, 'configuration')} ${this.#root}/etc/hybrid-runner`,
      `mount -o remount,bind,ro ${this.#root}/etc/hybrid-runner`,
      `mount --rbind /dev ${this.#root}/dev`,
      `mount -t proc proc ${this.#root}/proc`,
      `mount -t tmpfs tmpfs ${this.#root}/tmp`,
      `exec chroot --userspec=${this.#user} --groups= ${this.#root} env -i --chdir=${this.#workingDir} PATH=${PATH} ${this.#env.join(' ')} "$@"`,
    ];
    return [
      '--mount',
      '--propagation',
      'private',
      'bash',
      '-c',
      script.join('\n'),
      'bash',
      ...command,
    ];
  }

  async #carryOut(line: string): Promise<void> {
    const [instruction = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line)!.slice(1);
    const words = rest.trim().split(/\s+/);
    if (instruction === 'RUN') await runWell('chroot', [this.#root, 'sh', '-c', rest]);
    else if (instruction === 'WORKDIR') this.#enterDirectory(rest);
    else if (instruction === 'COPY') this.#copy(words);
    else if (instruction === 'USER') this.#user = rest;
    else if (instruction === 'ENV') this.#env = words;
    else if (instruction === 'VOLUME') this.#makeVolumes(words);
    else if (instruction === 'ENTRYPOINT') this.#entrypoint = JSON.parse(rest) as string[];
    else if (instruction === 'CMD') this.#command = JSON.parse(rest) as string[];
    else if (instruction === 'HEALTHCHECK')
      this.#healthCheck = JSON.parse(rest.replace(/^.*CMD /, '')) as string[];
    else if (instruction !== 'STOPSIGNAL') throw new Error(`the test knows no ${instruction}`);
  }

  #enterDirectory(path: string): void {
    this.#workingDir = path;
    mkdirSync(join(this.#root, path), { recursive: true });
  }

  /** The other stage builds dist/, as `npm run build` does here. */
  #copy(words: readonly string[]): void {
    const sources = words.filter((word) => !word.startsWith('--')).slice(0, -1);
    for (const source of sources) {
      const name = source.replace(/^\/build\//, '');
      cpSync(
        join(repository, name),
        resolve(this.#root, `.${this.#workingDir}`, words.at(-1)!, name.endsWith('/') ? '' : name),
        { recursive: true },
      );
    }
  }

  /** An engine fills a new volume with what the image has there, its owner and mode included. */
  #makeVolumes(paths: readonly string[]): void {
    this.#volumes = paths;
    for (const path of paths)
      mkdirSync(join(this.#directory, 'volumes', path), { recursive: true });
  }

  /** Gives each volume the owner and mode that its directory has in the image. */
  async prepareVolumes(): Promise<void> {
    for (const path of this.#volumes) {
      const volume = join(this.#directory, 'volumes', path);
      rmSync(volume, { recursive: true });
      await runWell('cp', ['--archive', `${this.#root}${path}`, volume]);
    }
  }
}
