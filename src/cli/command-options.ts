import { z } from 'zod';
import { SETTING_KEYS, settingOf } from '../config/schema.ts';
import type { CommandDefinition, OptionDefinition } from './command-definition.ts';

const JSON_OPTION: OptionDefinition = { flags: '--json', text: 'print JSON' };
const CONFIG_OPTION: OptionDefinition = {
  flags: '--config <path>',
  text: 'configuration file, or the directory of runner.yaml',
};

/**
 * Every option that a command accepts. Each setting is one; those that the command is not usually
 * called with are hidden.
 */
export function optionsOf(definition: CommandDefinition): readonly OptionDefinition[] {
  const { options = [], settings } = definition;
  if (settings === undefined) return [JSON_OPTION, ...options];
  const flags = SETTING_KEYS.map((key): OptionDefinition => {
    const { flag, description, isPath, schema } = settingOf(key);
    return {
      flags: `${flag} <${isPath === true ? 'path' : 'value'}>`,
      text: description.split('. ')[0]!.replace(/\.$/, ''),
      ...(schema instanceof z.ZodEnum ? { choices: schema.options.map(String) } : {}),
      ...(settings.includes(key) ? {} : { hidden: true }),
    };
  });
  return [JSON_OPTION, ...options, CONFIG_OPTION, ...flags];
}
