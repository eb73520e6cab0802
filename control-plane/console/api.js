/**
 * API client. The admin token is kept in the session storage of this tab and sent only in request
 * headers.
 */

const KEY = 'admin-token';

export class ApiError extends Error {
  constructor(status, { code, message, remedy }) {
    super(message);
    this.status = status;
    this.code = code;
    this.remedy = remedy;
  }
}

export const session = {
  token: () => sessionStorage.getItem(KEY),
  begin: (token) => sessionStorage.setItem(KEY, token),
  end: () => sessionStorage.removeItem(KEY),
};

/** Throws ApiError. A 401 response ends the session. */
export async function call(method, path, body, signal) {
  const response = await request(method, path, { body, signal });
  return response.json();
}

/** Reads a definition with its ETag, which `save` takes to detect changes by others. */
export async function read(path) {
  const response = await request('GET', path, {});
  return { value: await response.json(), tag: response.headers.get('etag') };
}

/**
 * Creates when `tag` is null, otherwise replaces the state with this ETag. Throws ApiError (412)
 * when the state has changed.
 */
export async function save(path, body, tag) {
  const response = await request('PUT', path, {
    body,
    headers: tag === null ? { 'if-none-match': '*' } : { 'if-match': tag },
  });
  return response.json();
}

export async function remove(path) {
  await request('DELETE', path, {});
}

export const get = (path, signal) => call('GET', path, undefined, signal);
export const post = (path, body = {}) => call('POST', path, body);
export const put = (path, body) => call('PUT', path, body);

async function request(method, path, { body, signal, headers = {} }) {
  const response = await fetch(`/api/v1${path}`, {
    method,
    signal,
    cache: 'no-store',
    credentials: 'omit',
    headers: {
      authorization: `Bearer ${session.token()}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({
    error: {
      code: 'UNKNOWN',
      message: `The server responded with status ${response.status}.`,
      remedy: '',
    },
  }));
  if (response.status === 401) {
    session.end();
    globalThis.dispatchEvent(new Event('signed-out'));
  }
  throw new ApiError(response.status, error);
}

const RETRY_MS = 1000;

/**
 * Follows a run until it ends or the signal aborts. Reconnects and resumes when the connection is
 * lost.
 */
export async function followRun(id, listeners, signal) {
  let lastId = '0';
  while (!signal.aborted) {
    try {
      const response = await request('GET', `/runs/${encodeURIComponent(id)}/events`, {
        signal,
        headers: { 'last-event-id': lastId },
      });
      for await (const event of readEvents(response.body)) {
        lastId = event.id || lastId;
        if (event.name === 'end') return;
        listeners[event.name]?.(JSON.parse(event.data));
      }
    } catch (error) {
      if (signal.aborted || error instanceof ApiError) return;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, RETRY_MS);
    });
  }
}

async function* readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split('\n\n');
    text = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block
          .split('\n')
          .filter((line) => !line.startsWith(':'))
          .map((line) => line.split(/: ?(.*)/s, 2)),
      );
      if (fields.data !== undefined) yield { name: fields.event, id: fields.id, data: fields.data };
    }
  }
}
