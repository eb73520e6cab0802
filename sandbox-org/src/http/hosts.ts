/** The entrance of the org that a Host header selects. */
export type Door =
  | { readonly kind: 'login'; readonly host: string }
  | { readonly kind: 'my-domain'; readonly host: string }
  | { readonly kind: 'lightning' }
  | { readonly kind: 'unknown' };

const SUFFIX = '.salesforce.com';
const LOGIN_HOSTS = new Set(['login.salesforce.com', 'test.salesforce.com']);

/** The host names of an org with this My Domain (`acme.my`, `acme--uat.sandbox.my`). */
export class Hosts {
  readonly main: string;
  readonly #company: string;

  constructor(myDomain: string) {
    this.main = `${myDomain}${SUFFIX}`;
    this.#company = myDomain.replace(/\.sandbox\.my$|\.my$/, '').replace(/--.*$/, '');
  }

  /** The hosts that clients may use. */
  get all(): string[] {
    return [this.main, ...LOGIN_HOSTS];
  }

  /**
   * Hosts of any sandbox of the company lead to this org too, so one emulator serves as production
   * and sandboxes.
   */
  door(hostHeader: string | undefined): Door {
    const host = (hostHeader ?? '').replace(/:\d+$/, '').toLowerCase();
    if (LOGIN_HOSTS.has(host)) return { kind: 'login', host };
    if (host === this.main || this.#isSandbox(host)) return { kind: 'my-domain', host };
    return { kind: host.endsWith('.lightning.force.com') ? 'lightning' : 'unknown' };
  }

  #isSandbox(host: string): boolean {
    return host.startsWith(`${this.#company}--`) && host.endsWith(`.sandbox.my${SUFFIX}`);
  }
}
