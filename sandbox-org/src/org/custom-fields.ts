import { buildField, buildPicklist } from './field-builders.ts';
import { MIX, TAIL_OF, type FieldKind } from './field-kinds.ts';
import { FIELD_HEADS, FIELD_TAILS, HTML_HELP, ODD_LABELS } from './field-words.ts';
import type { FormulaScope } from './formulas.ts';
import { labelOf } from './labels.ts';
import type { FieldDescription, FieldTraits, ObjectEntry } from './model.ts';
import type { Random } from './random.ts';

/** A generated field and, for a roll-up summary, its operation and child object. */
export interface Generated {
  readonly traits: FieldTraits[];
  readonly rollUp: string | null;
}

/** Generates an object's own fields with unique names. */
export class FieldFactory {
  readonly #entry: ObjectEntry;
  readonly #random: Random;
  readonly #scope: FormulaScope;
  readonly #used: Set<string>;
  /** False for standard objects without listed fields: theirs look standard. */
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

  #kind(): FieldKind {
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

  #build(kind: FieldKind, name: string, label: string): FieldTraits[] {
    const draft = { random: this.#random, scope: this.#scope, name, label };
    if (kind !== 'choice') return buildField(kind, draft);
    const { traits, isDependent } = buildPicklist(draft, this.#controller);
    if (!isDependent) this.#controller = traits;
    return [traits];
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
