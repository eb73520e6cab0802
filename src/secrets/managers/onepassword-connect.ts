import { managerKind } from './manager-kind.ts';
import {
  authorityOption,
  endpointOf,
  optional,
  pathOption,
  textOption,
  urlOption,
} from './options.ts';

export interface OnePasswordOptions {
  readonly url: string;
  readonly caFile: string | undefined;
  readonly tokenFile: string;
  readonly vault: string;
}

/** Items of one vault, from a Connect server in the company's network. */
export const onePasswordManager = managerKind<OnePasswordOptions>({
  title: '1Password Connect',
  shape: 'entries',
  options: () => ({
    url: urlOption({ description: 'Address of the Connect server.' }),
    caFile: optional(
      authorityOption({ description: 'CA of the server, in PEM form.', default: 'known CAs' }),
    ),
    tokenFile: pathOption({ description: 'File with the access token.' }),
    vault: textOption({ description: 'ID of the vault, not its name.' }, [
      /^[a-z0-9]{26}$/,
      'must be the ID of a vault: 26 lower-case letters and digits',
    ]),
  }),
  place: ({ url, vault }) => [new URL(url).host, vault],
  endpoints: ({ url }) => [endpointOf(url)],
  open: async (options, deps) => {
    const { openOnePassword } = await import('./onepassword-connect/open.ts');
    return openOnePassword(options, deps);
  },
});
