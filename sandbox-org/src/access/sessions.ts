import { randomBytes } from 'node:crypto';

interface Session {
  lastUsed: number;
  readonly openedAt: number;
}

/** Access tokens that expire after an idle time; each use restarts it. */
export class Sessions {
  readonly timeoutSeconds: number;
  readonly #organizationId: string;
  readonly #now: () => number;
  readonly #open = new Map<string, Session>();
  /** Sign-ins since the start, or since the counts were reset. */
  logins = 0;

  constructor(organizationId: string, timeoutSeconds: number, now: () => number) {
    this.#organizationId = organizationId;
    this.timeoutSeconds = timeoutSeconds;
    this.#now = now;
  }

  /**
   * Opens a session and returns its token: the 15-character organization id, an exclamation mark,
   * random characters.
   */
  open(): string {
    const token = `${this.#organizationId}!AQ${randomBytes(45).toString('base64url').replaceAll('-', '.')}`;
    this.#open.set(token, { lastUsed: this.#now(), openedAt: this.#now() });
    this.logins += 1;
    return token;
  }

  /** Whether the token is valid; restarts its idle time if so. */
  use(token: string): boolean {
    const session = this.#open.get(token);
    if (!session) return false;
    if (this.#now() - session.lastUsed > this.timeoutSeconds * 1000) {
      this.#open.delete(token);
      return false;
    }
    session.lastUsed = this.#now();
    return true;
  }

  close(token: string): boolean {
    return this.#open.delete(token);
  }

  expireAll(): void {
    this.#open.clear();
  }

  get size(): number {
    return this.#open.size;
  }
}
