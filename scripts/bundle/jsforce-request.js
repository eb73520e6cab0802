/** Called when jsforce is loaded. */
export function setDefaults() {}

export default function request() {
  throw new Error('jsforce must not open connections');
}
