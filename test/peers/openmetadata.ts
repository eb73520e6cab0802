import { openVenv, type Venv } from './venv.ts';

/**
 * OpenMetadata's ingestion package in a virtual environment. Two of the packages it needs exist as sources only; nothing
 * else is built here.
 */
export function openOpenMetadata(): Promise<Venv> {
  return openVenv({
    name: 'openmetadata', pythons: ['python3.11', 'python3.12', 'python3.10', 'python3'], timeoutMs: 600_000,
    install: ['--only-binary', ':all:', '--no-binary', 'antlr4-python3-runtime,dsnparse', 'openmetadata-ingestion[salesforce]==1.13.6.3'],
  });
}
