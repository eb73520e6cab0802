import { RunnerError } from '../errors/errors.ts';

const CHECK_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345';

/**
 * Reads an organization id of 15 or 18 characters and returns the 15-character one. The last three
 * characters of the long form are check digits: they tell which of the others are capitals. Throws
 * SALESFORCE_CONNECTION_INVALID.
 */
export function parseOrganizationId(text: string): string {
  const short = text.slice(0, 15);
  if (
    !/^00D[A-Za-z0-9]{12}(?:[A-Z0-5]{3})?$/.test(text) ||
    (text.length === 18 && text.slice(15) !== checkDigits(short))
  ) {
    throw new RunnerError(
      'SALESFORCE_CONNECTION_INVALID',
      'organizationId is not a valid organization id',
      {
        remedy:
          'Copy it from Setup > Company Information: 15 or 18 characters that start with 00D.',
      },
    );
  }
  return short;
}

/** Both spellings of an id of 15 characters. */
export function organizationSpellings(short: string): readonly string[] {
  return [short, short + checkDigits(short)];
}

function checkDigits(short: string): string {
  return [0, 5, 10]
    .map((start) => {
      const bits = Array.from({ length: 5 }, (_, index) =>
        /[A-Z]/.test(short.charAt(start + index)) ? 2 ** index : 0,
      );
      return CHECK_DIGITS.charAt(bits.reduce((sum, bit) => sum + bit, 0));
    })
    .join('');
}
