import type { Help, HelpConfiguration } from 'commander';
import { wrapLine } from './wrap.ts';

const INDENT = '  ';
const NARROW_INDENT = ' '.repeat(6);
/** Descriptions with less room than this go below their term instead of beside it. */
const MIN_DESCRIPTION = 24;

/** Help that fits the terminal: on a narrow one, a description is below its option. */
export const HELP_LAYOUT: HelpConfiguration & Pick<Help, 'formatItem'> = {
  minWidthToWrap: MIN_DESCRIPTION,
  formatItem: (term, termWidth, description, { helpWidth = 80 }) => {
    const beside = `${INDENT}${term.padEnd(termWidth)}${INDENT}`;
    const width = Math.max(helpWidth, MIN_DESCRIPTION);
    if (width - beside.length >= MIN_DESCRIPTION)
      return wrapLine(`${beside}${description}`, width, ' '.repeat(beside.length));
    return `${INDENT}${term}\n${wrapLine(`${NARROW_INDENT}${description}`, width, NARROW_INDENT)}`;
  },
};
