import { spawn } from 'node:child_process';
import type { Sandbox } from '../../sandbox-org/src/sandbox.ts';
import { openVenv, type Venv } from './venv.ts';

/**
 * OpenMetadata's ingestion package in a virtual environment. Two of the packages it needs exist as
 * sources only; nothing else is built here.
 */
export function openOpenMetadata(): Promise<Venv> {
  return openVenv({
    name: 'openmetadata',
    pythons: ['python3.11', 'python3.12', 'python3.10', 'python3'],
    timeoutMs: 600_000,
    install: [
      '--only-binary',
      ':all:',
      '--no-binary',
      'antlr4-python3-runtime,dsnparse',
      'openmetadata-ingestion[salesforce]==1.13.6.3',
    ],
  });
}

/** Gives a script its input and waits for its output. */
export async function runScript(
  python: string,
  script: string,
  input: string,
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const child = spawn(python, ['-W', 'ignore', script], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined).end(input);
  let output = '';
  for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>)
    output += chunk;
  return output;
}

/** What people write in an org that a mapper may trip over. */
export function makeItHarder({ org }: Sandbox): void {
  const labels = [
    'a "quoted" label',
    'größer > kleiner :: gleich',
    '🚀 مرحبا بالعالم',
    'x'.repeat(255),
    "it's <b>bold</b>",
  ];
  labels.forEach((label, index) =>
    org.edit({
      kind: 'addField',
      object: 'Account',
      field: { name: `Hard_${index}__c`, type: 'string', label, description: `About: ${label}` },
    }),
  );
  org.edit({ kind: 'addObject', name: 'Hard__c', label: 'Größer > "kleiner" 🚀' });
}
