import { z } from 'zod';
import { readStatus } from '../../observability/status-socket.ts';
import { loadSettings, type Invocation } from '../invocation.ts';
import { columns } from '../terminal.ts';

/** Loose on purpose: the runner that answers may be older or newer than this command. */
const statusSchema = z.looseObject({
  version: z.string(), pid: z.number(), name: z.string(), runnerId: z.string(), capacity: z.number(), running: z.number(), spoolBytes: z.number(),
  state: z.looseObject({ name: z.string() }),
  attempts: z.array(z.looseObject({
    ref: z.looseObject({ runId: z.string(), attempt: z.number() }), state: z.string(), durableSequence: z.number(), acknowledgedSequence: z.number(),
    condition: z.string().optional(),
    progress: z.looseObject({ phase: z.string(), done: z.number(), total: z.number() }).optional(),
  })),
});
type Status = z.infer<typeof statusSchema>;

export async function status(invocation: Invocation): Promise<void> {
  const { config } = await loadSettings(invocation);
  const answer = statusSchema.parse(await readStatus(config.status.socket, invocation.interrupts.signal));
  invocation.terminal.result(answer, describe(answer));
}

function describe(answer: Status): string {
  const facts = columns([
    ['runner', `${answer.name} (${answer.runnerId}), version ${answer.version}, process ${answer.pid}`],
    ['link', describeState(answer.state)],
    ['runs', `${answer.running} of ${answer.capacity}`],
    ['to deliver', `${answer.spoolBytes} bytes`],
  ]);
  const attempts = answer.attempts.map(({ ref, state, condition, progress, durableSequence, acknowledgedSequence }) => [
    `  ${ref.runId}`, `attempt ${ref.attempt}`, condition === undefined ? state : `${state}: ${condition}`, progress === undefined ? '' : `${progress.phase} ${progress.done}/${progress.total === 0 ? '?' : progress.total}`, `${acknowledgedSequence} of ${durableSequence} records delivered`,
  ]);
  return attempts.length === 0 ? facts : `${facts}\n${columns(attempts)}`;
}

const connected = z.looseObject({ channel: z.string(), authority: z.string(), since: z.number() });
const waiting = z.looseObject({ until: z.number(), error: z.looseObject({ code: z.string(), message: z.string() }) });

function describeState(state: Status['state']): string {
  const open = connected.safeParse(state);
  if (open.success) return `${state.name} to ${open.data.authority} over ${open.data.channel} since ${new Date(open.data.since).toISOString()}`;
  const paused = waiting.safeParse(state);
  if (paused.success) return `${state.name} until ${new Date(paused.data.until).toISOString()}: ${paused.data.error.code}: ${paused.data.error.message}`;
  return state.name;
}
