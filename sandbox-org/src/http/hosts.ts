/** Which of the org's doors a Host header asks for. */
export type Door =
  | { readonly kind: 'login'; readonly host: string }
  | { readonly kind: 'my-domain'; readonly host: string }
  | { readonly kind: 'lightning' }
  | { readonly kind: 'unknown' };

const SUFFIX = '.salesforce.com';
const LOGIN_HOSTS = new Set(['login.salesforce.com', 'test.salesforce.com']);

/** The names under which an org with this My Domain (`acme.my`, `acme--uat.sandbox.my`) is reached. */
export class Hosts {
  readonly main: string;
  readonly #company: string;

  constructor(myDomain: string) {
    this.main = `${myDomain}${SUFFIX}`;
    this.#company = myDomain.replace(/\.sandbox\.my$|\.my$/, '').replace(/--.*$/, '');
  }

  /** The hosts that a client may be pointed at. */
  get all(): string[] {
    return [this.main, ...LOGIN_HOSTS];
  }

  /** Any sandbox of the company leads to this org too, so that one emulator plays production and sandboxes. */
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
