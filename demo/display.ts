/**
 * What the demo shows: steps, a log, a progress bar on a terminal, a table at the end. Nothing of
 * it with --json.
 */
export class Display {
  readonly #out: NodeJS.WriteStream;
  #bar = '';

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  step(text: string): void {
    this.#print(`▸ ${text}`);
  }

  log(text: string): void {
    this.#print(`    ${text}`);
  }

  progress(phase: string, done: number, total: number, apiCalls: number): void {
    const width = 30;
    const filled = total === 0 ? 0 : Math.round((Math.min(done, total) / total) * width);
    this.#bar = `  ${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${phase} ${done}/${total === 0 ? '?' : total}  ${apiCalls} API calls`;
    this.#drawBar();
  }

  endProgress(): void {
    this.#clearBar();
    this.#bar = '';
  }

  table(rows: readonly (readonly [string, string])[]): void {
    const name = Math.max(...rows.map(([key]) => key.length));
    const value = Math.max(...rows.map(([, text]) => text.length));
    const rule = (left: string, middle: string, right: string): string =>
      `${left}${'─'.repeat(name + 2)}${middle}${'─'.repeat(value + 2)}${right}`;
    this.#print(rule('┌', '┬', '┐'));
    for (const [key, text] of rows)
      this.#print(`│ ${key.padEnd(name)} │ ${text.padStart(value)} │`);
    this.#print(rule('└', '┴', '┘'));
  }

  #print(line: string): void {
    this.#clearBar();
    this.#out.write(`${line}\n`);
    this.#drawBar();
  }

  #clearBar(): void {
    if (this.#out.isTTY && this.#bar !== '') this.#out.write('\r\u001b[2K');
  }

  #drawBar(): void {
    if (this.#out.isTTY && this.#bar !== '') this.#out.write(`\r\u001b[2K${this.#bar}`);
  }
}
