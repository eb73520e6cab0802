import { withoutByteOrderMark } from './byte-order-mark.ts';
import type { SecretSourceOptions } from './source-options.ts';
import { Secret, type SecretSource } from './secret.ts';
import { unavailable } from './unavailable.ts';

/**
 * A secret in the document itself. The redactor gets it at once: the document is already here, even
 * if the policy denies it.
 */
export function plainTextSource(
  field: string,
  text: string,
  {
    policy,
    redactor,
    versions,
    audit,
  }: Pick<SecretSourceOptions, 'policy' | 'redactor' | 'versions' | 'audit'>,
): SecretSource {
  const value = withoutByteOrderMark(text);
  redactor.add(value);
  return {
    reference: undefined,
    read: async () => {
      const decision = policy.plainTextPermitted();
      if (decision.allowed) return new Secret(value, await versions.of(value));
      const { rule } = decision;
      audit.log('warn', 'plain-text secret denied', {
        event: 'audit',
        decision: 'deny',
        field,
        rule,
      });
      throw unavailable(field);
    },
  };
}
