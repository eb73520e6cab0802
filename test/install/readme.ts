import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function readmeCommands(section: string): string[] {
  return documentedCommands('README.md', section);
}

/**
 * The commands of a section's shell blocks, in order, each with its here-document; comments and
 * empty lines left out.
 */
export function documentedCommands(path: string, section: string): string[] {
  const document = readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
  const text = document.split(/^##+ /m).find((part) => part.startsWith(`${section}\n`));
  if (text === undefined) throw new Error(`${path} has no section "${section}"`);
  return [...text.matchAll(/^```sh\n(?<block>.*?)^```$/gms)].flatMap(({ groups }) =>
    commandsOf(groups!['block']!),
  );
}

function commandsOf(block: string): string[] {
  const commands: string[] = [];
  let end: string | undefined;
  for (const line of block.split('\n')) {
    if (end !== undefined) {
      commands.push(`${commands.pop()!}\n${line}`);
      if (line === end) end = undefined;
    } else if (line.trim() !== '' && !line.startsWith('#')) {
      commands.push(line.replace(/ +#.*$/, ''));
      end = /<<'(?<word>\w+)'$/.exec(line)?.groups?.['word'];
    }
  }
  return commands;
}
