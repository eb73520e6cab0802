/** Ends a request with a status and OpenMetadata's error document. */
export class Problem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function notFound(type: string, name: string): Problem {
  return new Problem(404, `${type} instance for ${name} not found`);
}
