const BLOCK = /-----BEGIN (?<label>[A-Z0-9 ]+)-----(?<body>.*?)-----END \k<label>-----/gs;
const BREAKS = /\\r|\\n|\s/g;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * PEM with real line breaks. Secret managers and single-line forms write a break as the two characters `\n`, as a space, or
 * not at all; whatever stands around the blocks is kept. Text that holds no block of plain base64 is returned as it is.
 */
export function unfoldPem(text: string): string {
  return text
    .replace(BLOCK, (block: string, ...rest: readonly unknown[]) => {
      const { label, body } = rest.at(-1) as { readonly label: string; readonly body: string };
      const content = body.replace(BREAKS, '');
      return BASE64.test(content)
        ? `\n-----BEGIN ${label}-----\n${content.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END ${label}-----\n`
        : block;
    })
    .replace(/^\n/, '');
}
