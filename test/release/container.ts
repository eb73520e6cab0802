import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, runWell, type Result } from '../install/run.ts';

/**
 * As the documentation tells: read-only, without capabilities, with volumes for what has to stay.
 */
const HARDENED = ['--read-only', '--cap-drop=all', '--security-opt=no-new-privileges'];
/** Without these, runc would raise limits, which takes a capability that this machine may lack. */
const LIMITS = ['--ulimit=nofile=1000:1000', '--ulimit=nproc=1000:1000'];

/**
 * Podman with a store of its own, and one image in it, run with a mounted configuration and named
 * volumes.
 */
export class ContainerHost {
  readonly image: string;
  readonly #directory: string;
  readonly #mounts: readonly string[];

  private constructor(directory: string, image: string, mounts: readonly string[]) {
    this.#directory = directory;
    this.image = image;
    this.#mounts = mounts;
  }

  /** `volumes` are names and paths in the image; the configuration is mounted to another path. */
  static async load(
    archive: string,
    volumes: Readonly<Record<string, string>>,
    configuration: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<ContainerHost> {
    const directory = mkdtempSync(join(tmpdir(), 'containers-'));
    mkdirSync(join(directory, 'configuration'), { mode: 0o755 });
    const mounts = [
      ...Object.entries(env).map(([name, value]) => `--env=${name}=${value}`),
      ...Object.entries(volumes).map(([name, path]) => `--volume=${name}:${path}`),
      `--volume=${join(directory, 'configuration')}:${configuration}:ro`,
    ];
    const loaded = await runWell('podman', [...storeOf(directory), 'load', '--input', archive]);
    return new ContainerHost(directory, /Loaded image: (?<name>\S+)/.exec(loaded)![1]!, mounts);
  }

  /** A file of the configuration that everybody can read. */
  configure(name: string, text: string): void {
    writeFileSync(join(this.#directory, 'configuration', name), text, { mode: 0o644 });
  }

  /** What the image does when it is run with these arguments. */
  run(args: readonly string[], input = ''): Promise<Result> {
    return this.podman([...this.#run('--rm', '--interactive'), this.image, ...args], input);
  }

  runInstead(entrypoint: string, args: readonly string[]): Promise<Result> {
    return this.podman([...this.#run('--rm', `--entrypoint=${entrypoint}`), this.image, ...args]);
  }

  /** Runs the image's own command until it is stopped. */
  start(name: string): ChildProcess {
    return spawn(
      'podman',
      [...storeOf(this.#directory), ...this.#run('--rm', `--name=${name}`), this.image],
      { stdio: 'ignore' },
    );
  }

  podman(args: readonly string[], input = ''): Promise<Result> {
    return run('podman', [...storeOf(this.#directory), ...args], { input });
  }

  async close(): Promise<void> {
    await this.podman(['rm', '--all', '--force']);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #run(...options: readonly string[]): string[] {
    return [
      'run',
      '--pull=never',
      '--network=host',
      ...LIMITS,
      ...HARDENED,
      ...this.#mounts,
      ...options,
    ];
  }
}

function storeOf(directory: string): string[] {
  return [
    `--root=${join(directory, 'root')}`,
    `--runroot=${join(directory, 'run')}`,
    '--storage-driver=vfs',
    '--cgroup-manager=cgroupfs',
    '--runtime=runc',
  ];
}
