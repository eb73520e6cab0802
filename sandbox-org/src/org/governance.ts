import { recordId } from './ids.ts';
import type { Field, FieldTraits, Governance } from './model.ts';
import { randomFor } from './random.ts';

const PERSONAL = new Set(['email', 'phone', 'encryptedstring', 'address', 'location']);
const CLASSES = ['Public', 'Internal', 'Confidential', 'Restricted', 'MissionCritical'] as const;
const GROUPS = ['PII', 'GDPR', 'PII;GDPR', 'HIPAA', 'PCI', 'CCPA', 'PII;CCPA;COPPA'] as const;

/** Compliance data of a field: present on most personal data and some other fields. */
export function governanceOf(
  object: string,
  { traits, governance }: Pick<Field, 'traits' | 'governance'>,
  seed: number,
): Governance | null {
  if (governance !== undefined) return governance;
  const random = randomFor(`${seed}:governance:${object}.${traits.name}`);
  const personal = PERSONAL.has(traits.type) || traits.extraTypeInfo === 'personname';
  if (!random.chance(personal ? 0.7 : 0.06)) return null;
  return {
    businessOwnerId: random.chance(0.3) ? recordId('005', random.int(1, 9)) : null,
    businessStatus: random.chance(0.4)
      ? random.pick(['Active', 'Active', 'DeprecateCandidate', 'Hidden'] as const)
      : null,
    complianceGroup: random.chance(personal ? 0.9 : 0.3) ? random.pick(GROUPS) : null,
    securityClassification: random.pick(CLASSES),
  };
}

const PURPOSES = [
  'Reporting',
  'The ERP sync',
  'Territory planning',
  'Commission runs',
  'The customer portal',
  'Quarterly audits',
] as const;

/** A third of the custom fields have a description. */
export function fieldDescription(object: string, traits: FieldTraits, seed: number): string | null {
  const random = randomFor(`${seed}:description:${object}.${traits.name}`);
  if (!traits.custom || !random.chance(0.35)) return null;
  return `${random.pick(PURPOSES)} relies on "${traits.label}". Owner: ${random.pick(['Sales Ops', 'Finance', 'IT', 'Legal'] as const)}.`;
}

/** The description of a custom object, if any. */
export function objectDescription(object: string, label: string, seed: number): string | null {
  const random = randomFor(`${seed}:about:${object}`);
  if (!/__(c|mdt|e|b|x)$/.test(object) || !random.chance(0.6)) return null;
  return `Keeps each ${label.toLowerCase()} for ${random.pick(PURPOSES).toLowerCase()}.\nSince ${random.int(2012, 2025)}.`;
}
