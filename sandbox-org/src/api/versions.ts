import { ApiError } from '../errors.ts';

export const OLDEST_VERSION = 31;
export const NEWEST_VERSION = 68;
/** The API version that clients of the sandbox should use. */
export const CURRENT_VERSION = `${NEWEST_VERSION}.0`;

const SEASONS = ['Winter', 'Spring', 'Summer'] as const;

/** Three releases a year; version 31 was Summer '14. */
function label(version: number): string {
  const index = version - OLDEST_VERSION + 2;
  return `${SEASONS[index % 3]} '${14 + Math.floor(index / 3)}`;
}

/** The body of `GET /services/data/`. */
export function versionsBody(): string {
  const versions = Array.from(
    { length: NEWEST_VERSION - OLDEST_VERSION + 1 },
    (_, i) => OLDEST_VERSION + i,
  );
  return JSON.stringify(
    versions.map((version) => ({
      label: label(version),
      url: `/services/data/v${version}.0`,
      version: `${version}.0`,
    })),
  );
}

/** The error for an unsupported version, if it is one. */
export function versionProblem(version: string): ApiError | null {
  const number = Number(version);
  if (number < OLDEST_VERSION)
    return new ApiError(
      410,
      'UNSUPPORTED_API_VERSION',
      `The requested API version ${version} is no longer supported`,
    );
  return number > NEWEST_VERSION || !Number.isInteger(number) ? ApiError.notFound() : null;
}
