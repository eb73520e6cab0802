import { z } from 'zod';
import { PROVIDER_NAMES, type SecretMount } from '../../secrets/providers/registry.ts';
import { list } from './basic.ts';

/** `{prefix, provider}`, or `/prefix=provider` in text. */
function secretMount(): z.ZodType<SecretMount> {
  const split = (raw: unknown): unknown => {
    const match =
      typeof raw === 'string' ? /^(?<prefix>[^=]*)=(?<provider>[^=]*)$/.exec(raw) : null;
    return match === null ? raw : { ...match.groups };
  };
  return z.preprocess(
    split,
    z.strictObject(
      {
        prefix: z
          .string()
          .regex(
            /^(?:\/[A-Za-z0-9._-]{1,64}){1,8}$/,
            'must be the beginning of a reference, such as /salesforce/prod',
          ),
        provider: z.enum(PROVIDER_NAMES, `must be one of ${PROVIDER_NAMES.join(', ')}`),
      },
      'must be {prefix, provider}, or /prefix=provider',
    ),
  );
}

/**
 * Each provider has one prefix and each prefix one provider, so that no secret has two references.
 */
export function secretMounts(): z.ZodType<readonly SecretMount[]> {
  return list(secretMount()).superRefine((mounts, context) => {
    for (const [index, { prefix, provider }] of mounts.entries()) {
      const earlier = mounts.slice(0, index);
      if (earlier.some((other) => other.prefix === prefix))
        context.addIssue({
          code: 'custom',
          path: [index],
          message: `${prefix} is mounted already; give each provider a different prefix`,
        });
      else if (earlier.some((other) => other.provider === provider))
        context.addIssue({
          code: 'custom',
          path: [index],
          message: `${provider} is mounted already; with two prefixes a secret would have two references`,
        });
    }
  });
}
