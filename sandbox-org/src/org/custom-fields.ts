import { autoNumberTraits, locationTraits } from './field-spec.ts';
import { fieldTraits, READ_ONLY } from './field-shapes.ts';
import { formula, type FormulaScope } from './formulas.ts';
import type { FieldDescription, FieldTraits, ObjectEntry } from './model.ts';
import { dependOn, picklist } from './picklists.ts';
import type { Random } from './random.ts';
import { FIELD_HEADS, FIELD_TAILS, HTML_HELP, labelOf, ODD_LABELS } from './words.ts';

/** A generated field and, for a roll-up summary, what it sums up. */
export interface Generated {
  readonly traits: FieldTraits[];
  readonly rollUp: string | null;
}

type Kind =
  | 'text'
  | 'choice'
  | 'flag'
  | 'date'
  | 'datetime'
  | 'number'
  | 'money'
  | 'percent'
  | 'long'
  | 'rich'
  | 'formula'
  | 'multi'
  | 'phone'
  | 'email'
  | 'url'
  | 'auto'
  | 'secret'
  | 'place'
  | 'time'
  | 'rollUp';

/** How often each kind of field occurs, in percent of an object's own fields. */
const MIX: readonly (readonly [Kind, number])[] = [
  ['text', 22],
  ['choice', 20],
  ['flag', 13],
  ['date', 8],
  ['datetime', 4],
  ['number', 7],
  ['money', 7],
  ['percent', 2.5],
  ['long', 2],
  ['rich', 1],
  ['formula', 7],
  ['multi', 1.5],
  ['phone', 0.8],
  ['email', 0.8],
  ['url', 0.8],
  ['auto', 0.3],
  ['secret', 0.3],
  ['place', 0.4],
  ['time', 0.3],
  ['rollUp', 0.8],
];

const TAIL_OF: Partial<Record<Kind, string>> = {
  choice: 'choice',
  multi: 'choice',
  flag: 'flag',
  date: 'date',
  datetime: 'date',
  time: 'date',
  number: 'number',
  money: 'number',
  percent: 'number',
  rollUp: 'number',
};

/** Median number of own fields, by kind of object or by name. */
const MEDIAN: Record<string, number> = {
  Account: 180,
  Contact: 130,
  Opportunity: 150,
  Lead: 110,
  Case: 120,
  User: 110,
  standard: 44,
  custom: 48,
  setting: 9,
  metadata: 11,
  event: 13,
  big: 9,
  external: 24,
};
const MOST = 480;
/** One object is as wide as the platform lets any be. */
const WIDEST = { name: 'Property__c', fields: 880 } as const;

/** How many fields the org's builders gave this object: log-normal around the median of its kind. */
export function ownFieldCount(entry: ObjectEntry, random: Random): number {
  if (entry.name === WIDEST.name) return WIDEST.fields;
  const known = MEDIAN[entry.name];
  const median = known ?? MEDIAN[entry.kind] ?? 10;
  return Math.min(
    MOST,
    Math.max(2, Math.round(median * Math.exp(random.normal() * (known ? 0.15 : 0.75)))),
  );
}

/** Makes one object's own fields, each with a name that the object doesn't have yet. */
export class FieldFactory {
  readonly #entry: ObjectEntry;
  readonly #random: Random;
  readonly #scope: FormulaScope;
  readonly #used: Set<string>;
  /** Standard objects that aren't in the notation get fields that look standard. */
  readonly #custom: boolean;
  #controller: FieldTraits | null = null;

  constructor(
    entry: ObjectEntry,
    random: Random,
    scope: FormulaScope,
    used: Iterable<string>,
    custom: boolean,
  ) {
    this.#entry = entry;
    this.#random = random;
    this.#scope = scope;
    this.#used = new Set(used);
    this.#custom = custom;
  }

  next(): Generated {
    const kind = this.#kind();
    const { name, label } = this.#name(TAIL_OF[kind] ?? 'text');
    const traits = this.#build(kind, name, label).map((made) => ({
      ...made,
      ...this.#decorations(),
    }));
    const rollUp =
      kind === 'rollUp'
        ? `${this.#random.pick(['SUM', 'COUNT', 'MIN', 'MAX'])} ${this.#scope.child}`
        : null;
    return { traits, rollUp };
  }

  #kind(): Kind {
    let at = this.#random.next() * 100;
    const drawn = MIX.find(([, share]) => (at -= share) < 0)?.[0] ?? 'text';
    if (drawn === 'rollUp' && !this.#scope.child) return 'number';
    if (this.#entry.kind === 'standard' || this.#entry.kind === 'custom') return drawn;
    return drawn === 'formula' || drawn === 'rollUp' || drawn === 'auto' || drawn === 'secret'
      ? 'text'
      : drawn;
  }

  #name(tailKind: string): { name: string; label: string } {
    const head = this.#random.pick(FIELD_HEADS);
    const tail = this.#random.pick(FIELD_TAILS[tailKind] ?? []);
    const joint = this.#custom ? '_' : '';
    let stem = `${head}${joint}${tail}`;
    for (let n = 2; this.#used.has(this.#qualified(stem)); n++)
      stem = `${head}${joint}${tail}${joint}${n}`;
    const name = this.#qualified(stem);
    this.#used.add(name);
    const label = this.#random.chance(0.006) ? this.#random.pick(ODD_LABELS) : labelOf(stem);
    return { name, label };
  }

  #qualified(stem: string): string {
    if (!this.#custom) return stem;
    return `${this.#entry.namespace ? `${this.#entry.namespace}__` : ''}${stem}__c`;
  }

  #decorations(): Partial<FieldDescription> {
    const help = this.#random.chance(0.12) ? this.#random.pick(HELP) : null;
    return { custom: this.#custom, inlineHelpText: help };
  }

  #build(kind: Kind, name: string, label: string): FieldTraits[] {
    const random = this.#random;
    switch (kind) {
      case 'choice':
        return [this.#choice(name, label)];
      case 'multi':
        return [
          fieldTraits(
            'multipicklist',
            name,
            label,
            { picklistValues: picklist(random, null) },
            random.pick([3, 4, 5, 10]),
          ),
        ];
      case 'flag':
        return [fieldTraits('boolean', name, label, { defaultValue: random.chance(0.1) })];
      case 'date':
        return [fieldTraits('date', name, label)];
      case 'datetime':
        return [fieldTraits('datetime', name, label)];
      case 'time':
        return [fieldTraits('time', name, label)];
      case 'number':
        return [fieldTraits('double', name, label, {}, 18, random.pick([0, 0, 0, 2, 4, 15]))];
      case 'money':
        return [
          fieldTraits(
            'currency',
            name,
            label,
            {},
            random.pick([18, 18, 16, 14]),
            random.pick([2, 2, 0]),
          ),
        ];
      case 'percent':
        return [
          fieldTraits('percent', name, label, {}, random.pick([18, 5, 3]), random.pick([0, 2, 3])),
        ];
      case 'long':
        return [
          fieldTraits('textarea', name, label, {}, random.pick([255, 32_000, 32_768, 131_072])),
        ];
      case 'rich':
        return [
          fieldTraits(
            'textarea',
            name,
            label,
            { extraTypeInfo: 'richtextarea', htmlFormatted: true },
            random.pick([32_768, 131_072]),
          ),
        ];
      case 'formula':
        return [formula(random, this.#scope, name, label)];
      case 'phone':
        return [fieldTraits('phone', name, label)];
      case 'email':
        return [fieldTraits('email', name, label, this.#key())];
      case 'url':
        return [fieldTraits('url', name, label, {}, random.pick([255, 1024]))];
      case 'auto':
        return [{ ...autoNumberTraits(name, label, 30), nameField: false, idLookup: false }];
      case 'secret':
        return [fieldTraits('encryptedstring', name, label)];
      case 'place':
        return locationTraits(name, label, {});
      case 'rollUp':
        return [
          fieldTraits(
            'double',
            name,
            label,
            { ...READ_ONLY, calculated: true, permissionable: true },
            18,
            2,
          ),
        ];
      default:
        return [
          fieldTraits(
            'string',
            name,
            label,
            this.#key(),
            random.pick([255, 255, 80, 50, 20, 18, 10]),
          ),
        ];
    }
  }

  /** One text in twelve is an external id, most of them unique. */
  #key(): Partial<FieldDescription> {
    if (!this.#random.chance(0.08)) return {};
    const unique = this.#random.chance(0.8);
    return {
      externalId: true,
      idLookup: true,
      unique,
      caseSensitive: unique && this.#random.chance(0.4),
    };
  }

  /** A fifth of the picklists depend on the one made before. */
  #choice(name: string, label: string): FieldTraits {
    const values = picklist(this.#random, null);
    const controller = this.#controller;
    const restricted = this.#random.chance(0.5);
    if (controller && this.#random.chance(0.2)) {
      const picklistValues = dependOn(values, controller.picklistValues?.length ?? 0, this.#random);
      return fieldTraits('picklist', name, label, {
        picklistValues,
        dependentPicklist: true,
        controllerName: controller.name,
        restrictedPicklist: restricted,
      });
    }
    const made = fieldTraits('picklist', name, label, {
      picklistValues: values,
      restrictedPicklist: restricted,
    });
    this.#controller = made;
    return made;
  }
}

const HELP = [
  'Filled by the nightly import; changes here are overwritten.',
  'Leave empty if unknown.',
  'Ask Revenue Operations before you change this.',
  'Net of tax, in the currency of the account.',
  'ISO 8601, local time of the site.',
  HTML_HELP,
] as const;
