/** Notices credentials of the runner that reach a server before the redactor has them. */
export class WatchedCredentials {
  readonly credentials: readonly string[];
  /** What was given to `protect`, which keeps it out of everything that is written. */
  readonly protectedTexts: string[] = [];
  /** Those that a server received unprotected. */
  readonly unprotected: string[] = [];

  constructor(credentials: readonly string[]) {
    this.credentials = credentials;
  }

  readonly protect = (text: string): void => void this.protectedTexts.push(text);

  /** Call it with everything that a server receives. */
  readonly received = (request: object): void => {
    const text = decoded(JSON.stringify(request));
    this.unprotected.push(
      ...this.credentials.filter((each) => text.includes(each) && !this.isProtected(each)),
    );
  };

  isProtected(credential: string): boolean {
    return this.protectedTexts.some((text) => text.includes(credential));
  }
}

/** As it is in a form. */
function decoded(text: string): string {
  return text.replaceAll('+', ' ').replaceAll(/%[0-9A-F]{2}/g, (code) => decodeURIComponent(code));
}
