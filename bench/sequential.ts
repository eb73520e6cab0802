import type { Sandbox } from '../demo/setup.ts';
import { OrgClient } from './org-client.ts';

/**
 * The peer to beat: sign in, list the objects, describe them one after the other over one
 * kept-alive connection. `sample` objects spread evenly over the org stand for all, since the whole
 * would take minutes.
 */
export class SequentialExtractor {
  readonly #org: OrgClient;

  constructor(sandbox: Sandbox, ca: string) {
    this.#org = new OrgClient(sandbox, ca);
  }

  /**
   * Wall time for all objects, in seconds, extrapolated from the sample. `descriptions` adds the
   * two queries an object that OpenMetadata's connector makes for them.
   */
  async run(
    apiVersion: string,
    sample: number,
    descriptions = false,
  ): Promise<{ seconds: number; objects: number }> {
    const start = performance.now();
    await this.#org.signIn();
    const names = await this.#org.objects(apiVersion);
    const before = (performance.now() - start) / 1000;
    const chosen = names.filter(
      (_, index) =>
        Math.floor((index * sample) / names.length) !==
        Math.floor(((index - 1) * sample) / names.length),
    );
    const describing = performance.now();
    for (const name of chosen) {
      await this.#org.read(`/services/data/v${apiVersion}/sobjects/${name}/describe`);
      if (!descriptions) continue;
      await this.#query(
        apiVersion,
        `SELECT Description, QualifiedApiName FROM FieldDefinition WHERE EntityDefinition.QualifiedApiName='${name}'`,
      );
      await this.#query(
        apiVersion,
        `SELECT Description FROM EntityDefinition WHERE QualifiedApiName='${name}'`,
      );
    }
    const each = (performance.now() - describing) / 1000 / chosen.length;
    this.#org.close();
    return { seconds: before + each * names.length, objects: names.length };
  }

  async #query(apiVersion: string, soql: string): Promise<void> {
    await this.#org.read(
      `/services/data/v${apiVersion}/tooling/query/?q=${encodeURIComponent(soql)}`,
    );
  }
}
