const BLOCK = /-----BEGIN (?<label>[A-Z0-9 ]+)-----(?<body>.*?)-----END \k<label>-----/gs;
const BREAKS = /\\r|\\n|\s/g;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Restores the line breaks of PEM text. Secret managers and single-line forms write a line break as
 * the two characters `\n`, as a space, or omit it. Text around the blocks is kept, and so is text
 * without a block of plain base64.
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
