import { readFile } from 'node:fs/promises';
import { isMissing } from '../../../foundation/src/runtime/errno.ts';
import { fail, pass, skip, warn, type Finding } from '../finding.ts';
import { ownVariables, type UnitEnvironment } from '../unit.ts';

const SUBJECT = 'environment';
const TO_CONFIGURATION =
  'Run the command with the same variables, or put the settings into the configuration file.';

/**
 * The variables of the service that this command lacks: what it has found does not hold for the
 * service then. Values are not shown, since they can be secrets.
 */
export async function environmentFindings(
  { names, files }: UnitEnvironment,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<readonly Finding[]> {
  const texts = await Promise.all(
    files.map(async (file) => ({ ...file, content: await contentOf(file.path) })),
  );
  const all = texts.flatMap(({ content }) => (content.name === 'text' ? content.text : []));
  const unknown = [...new Set([...names, ...all.flatMap(ownVariables)])].filter(
    (name) => env[name] === undefined,
  );
  const ofFiles = texts.flatMap(({ path, isOptional, content }): Finding[] => {
    if (content.name === 'closed')
      return [skip(SUBJECT, `${path} is not readable here; what it sets is not checked`)];
    if (content.name === 'text' || isOptional) return [];
    const detail = `${path} does not exist, so the service does not start`;
    return [fail(SUBJECT, detail, 'Create the file, or remove it from the unit.')];
  });
  if (unknown.length > 0)
    return [
      ...ofFiles,
      warn(SUBJECT, 'the service has variables that this command lacks', TO_CONFIGURATION, unknown),
    ];
  const isSet = names.length > 0 || files.length > 0;
  return ofFiles.length > 0 || !isSet
    ? ofFiles
    : [pass(SUBJECT, 'the service has the variables of this command')];
}

type Content =
  | { readonly name: 'text'; readonly text: string }
  | { readonly name: 'missing' }
  | { readonly name: 'closed' };

async function contentOf(path: string): Promise<Content> {
  try {
    return { name: 'text', text: await readFile(path, 'utf8') };
  } catch (thrown) {
    return { name: isMissing(thrown) ? 'missing' : 'closed' };
  }
}
