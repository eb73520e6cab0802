/** An error of the emulator itself, such as an invalid option. Never sent to an API client. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
}

/** An error response of the emulated REST API: status, Salesforce's error code and message. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** The documented body: an array with one error. */
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
