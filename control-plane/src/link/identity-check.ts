import type { Clock } from '../runtime/clock.ts';

/**
 * Identity checks of one connection. They are numbered; a heartbeat carries the number of the last
 * one that was received.
 */
export class IdentityChecks {
  #sent = 0;
  #onAnswer: (number: number) => void = () => undefined;

  /**
   * Sends a check. Resolves with whether it is answered within `ms`; with false as soon as `closed`
   * resolves.
   */
  async check(
    send: (number: number) => void,
    clock: Clock,
    ms: number,
    closed: Promise<void>,
  ): Promise<boolean> {
    const number = ++this.#sent;
    const over = new AbortController();
    const answer = new Promise<boolean>((resolve) => {
      this.#onAnswer = (answered) => {
        if (answered >= number) resolve(true);
      };
    });
    send(number);
    const timeout = clock.sleep(ms, over.signal).then(() => false);
    const answered = await Promise.race([answer, timeout, closed.then(() => false)]);
    over.abort();
    return answered;
  }

  answered(number: number): void {
    this.#onAnswer(number);
  }
}
