import { LARGE_TRAIL_BYTES, trailSize } from '../../audit/files.ts';
import { readEvents } from '../../audit/read-events.ts';
import { auditDirectory } from '../../audit/trail.ts';
import type { Policy } from '../../policy/policy.ts';
import { closest } from '../../config/closest.ts';
import type { Check } from '../check.ts';
import type { Facts } from '../facts.ts';
import { fail, failed, pass, warn, type Finding } from '../finding.ts';
import { patternCovers } from '../../policy/reference-pattern.ts';
import { formatHostRule } from '../../policy/host-rule.ts';
import type { RuleOutline, SecretRule } from '../../policy/policy.ts';
import { SEEN_MS, signingFindings } from '../signing.ts';
import type { DoctorOptions } from '../options.ts';

/** Connectors of the policy file that are not sources, with their secret fields. */
const SINKS: Readonly<Record<string, readonly string[]>> = { openmetadata: ['jwtToken'] };

/** The policy file by itself: whether its rules can ever permit anything. */
export const policy: Check = {
  name: 'policy',
  title: 'policy',
  needs: ['configuration'],
  run: async (facts) => {
    const { policyFile } = await facts.config();
    let opened: Policy;
    try {
      opened = await facts.policy();
    } catch (thrown) {
      return [failed('policy file', thrown)];
    }
    const { outline } = opened;
    const { secrets, hosts } = outline;
    if (secrets.length + hosts.length === 0)
      return [
        fail(
          'policy file',
          `${policyFile} binds no secret and allows no host: every job is denied`,
          'Add a rule below secrets, as docs/policy.md shows.',
        ),
      ];
    const fields = await secretFields(facts.options);
    return [
      pass('policy file', `${policyFile} is valid; rules for secrets: ${secrets.length}`),
      ...(await aboutSigning(opened, facts)),
      ...secrets.flatMap((rule, index) => [
        ...unknownNames(rule, index, fields),
        ...repeated(outline, index),
      ]),
    ];
  },
};

async function aboutSigning({ signing }: Policy, facts: Facts): Promise<readonly Finding[]> {
  const { disk, clock } = facts.options.machine;
  const now = clock.now();
  if (signing.mode === 'off') return signingFindings(signing, [], now);
  const directory = auditDirectory((await facts.config()).stateDir);
  try {
    const { bytes } = await trailSize(disk, directory);
    const isLarge = bytes > LARGE_TRAIL_BYTES;
    const wanted = { since: now - SEEN_MS, event: 'jobSignature', decision: 'allow' } as const;
    const events = isLarge ? [] : await readEvents(disk, directory, wanted);
    return signingFindings(signing, events, now);
  } catch {
    // A trail that cannot be read is for the check of the trail.
    return signingFindings(signing, [], now);
  }
}

type FieldsByConnector = ReadonlyMap<string, readonly string[]>;

async function secretFields({ connectors }: DoctorOptions): Promise<FieldsByConnector> {
  const loaded = await connectors();
  return new Map([
    ...loaded.map(({ type, secretFields: own }) => [type.toLowerCase(), own] as const),
    ...Object.entries(SINKS),
  ]);
}

/** A rule for a connector or a field that does not exist binds nothing. */
function unknownNames(
  rule: SecretRule,
  index: number,
  known: FieldsByConnector,
): readonly Finding[] {
  const subject = `secrets[${index}]`;
  const fields = known.get(rule.connector);
  if (fields === undefined) {
    const names = [...known.keys()];
    const meant = closest(rule.connector, names) ?? names.join(' or ');
    const detail = `binds nothing: there is no connector "${rule.connector}"`;
    return [fail(subject, detail, `Write connector: ${meant}.`)];
  }
  const unknown = rule.fields.find((field) => !fields.includes(field));
  if (unknown === undefined) return [];
  const meant = closest(unknown, fields) ?? `one of ${fields.join(', ')}`;
  const detail = `${rule.connector} has no secret field "${unknown}"`;
  const remedy = `Write ${meant} in its fields.`;
  return rule.fields.length === 1
    ? [fail(subject, `binds nothing: ${detail}`, remedy)]
    : [warn(subject, detail, remedy)];
}

/** A rule that permits nothing that another one does not permit. */
function repeated({ secrets }: RuleOutline, index: number): readonly Finding[] {
  const rule = secrets[index]!;
  const other = secrets.findIndex(
    (candidate, at) =>
      at !== index && covers(candidate, rule) && (at < index || !covers(rule, candidate)),
  );
  return other < 0
    ? []
    : [
        warn(
          `secrets[${index}]`,
          `adds nothing: secrets[${other}] permits all of it`,
          'Remove one of the two rules.',
        ),
      ];
}

function covers(outer: SecretRule, inner: SecretRule): boolean {
  const hosts = outer.hosts.map(formatHostRule);
  return (
    outer.connector === inner.connector &&
    patternCovers(outer.ref, inner.ref) &&
    inner.fields.every((field) => outer.fields.includes(field)) &&
    inner.hosts.every((host) => hosts.includes(formatHostRule(host)))
  );
}
