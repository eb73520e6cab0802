import type { PolicyProblem } from '../link/health/health.ts';
import { requirePolicy } from '../policy/open-policy.ts';
import { RunnerError } from '../runtime/errors.ts';

/** What is wrong with the policy file as it is now. Jobs read the file themselves; this is for people and monitors. */
export class PolicyWatch {
  readonly #file: string;
  readonly #secretsDirectory: string | undefined;
  #problem: PolicyProblem;

  /** `secretsDirectory`: `secrets.files.directory` of the configuration. */
  constructor(file: string, secretsDirectory: string | undefined) {
    this.#file = file;
    this.#secretsDirectory = secretsDirectory;
  }

  /** As of the last look. */
  get problem(): PolicyProblem {
    return this.#problem;
  }

  /** Looks at the file again. Never rejects. */
  async look(): Promise<PolicyProblem> {
    try {
      await requirePolicy(this.#file, this.#secretsDirectory);
      this.#problem = undefined;
    } catch (thrown) {
      const error = RunnerError.from(thrown);
      this.#problem = `${error.code}: ${error.message.split('\n')[0]!}`;
    }
    return this.#problem;
  }
}
