const CONTEXT = 2;

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

/** The lines in which two texts differ, with those around them; empty if they are the same. */
export function lineDiff(before: string, after: string): string {
  if (before === after) return '';
  const lines = compare(linesOf(before), linesOf(after));
  const shown = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ sign }) => sign !== ' '),
  );
  return lines
    .flatMap(({ sign, text }, index) => {
      if (shown[index] === true) return [`${sign}${text}`];
      return shown[index - 1] === true || index === 0 ? ['…'] : [];
    })
    .join('\n');
}

/** By a longest common subsequence, from its table of lengths. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  const lengths = commonLengths(before, after);
  const found: Line[] = [];
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    if (row < before.length && before[row] === after[column]) {
      found.push({ sign: ' ', text: before[row]! });
      row += 1;
      column += 1;
    } else if (
      column < after.length &&
      (row === before.length || lengths[row]![column + 1]! > lengths[row + 1]![column]!)
    )
      found.push({ sign: '+', text: after[column++]! });
    else found.push({ sign: '-', text: before[row++]! });
  }
  return found;
}

/** For each pair of positions, how many lines the rests have in common. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array[] {
  const rows = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let row = before.length - 1; row >= 0; row--)
    for (let column = after.length - 1; column >= 0; column--)
      rows[row]![column] =
        before[row] === after[column]
          ? rows[row + 1]![column + 1]! + 1
          : Math.max(rows[row + 1]![column]!, rows[row]![column + 1]!);
  return rows;
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}
