import { proxyPasswords } from '../../foundation/src/network/proxy.ts';

/** Hides the one secret that the link knows, the password of its proxy, in a line of its log. */
export function hideProxyPassword(proxy: string | undefined): (line: string) => string {
  const passwords = proxy === undefined ? [] : proxyPasswords(proxy);
  return (line) =>
    passwords.reduce((clean, password) => clean.replaceAll(password, '[secret]'), line);
}
