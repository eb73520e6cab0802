/** A problem of the emulator itself (bad option, port taken), never sent to an API client. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
}

/** An error answer of the emulated REST API: HTTP status plus Salesforce's error code and text. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** The documented body shape: an array with one error. */
  toJson(): string {
    return JSON.stringify([{ message: this.message, errorCode: this.code }]);
  }

  static notFound(): ApiError {
    return new ApiError(404, 'NOT_FOUND', 'The requested resource does not exist');
  }

  static sessionExpired(): ApiError {
    return new ApiError(401, 'INVALID_SESSION_ID', 'Session expired or invalid');
  }

  static requestLimit(which: 'TotalRequests' | 'ConcurrentRequests'): ApiError {
    const text =
      which === 'TotalRequests' ? 'TotalRequests' : 'ConcurrentRequests (Concurrent API Requests)';
    return new ApiError(403, 'REQUEST_LIMIT_EXCEEDED', `${text} Limit exceeded.`);
  }
}
