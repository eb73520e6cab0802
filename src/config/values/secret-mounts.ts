import { z } from 'zod';
import { list } from './basic.ts';

export const SECRET_PROVIDERS = ['vault', 'files', 'environment'] as const;
export type SecretProviderName = (typeof SECRET_PROVIDERS)[number];

/** Secrets under `prefix` come from `provider`. */
export interface SecretMount {
  readonly prefix: string;
  readonly provider: SecretProviderName;
}

/** `{prefix, provider}`, or `/prefix=provider` in text. */
export function secretMount(): z.ZodType<SecretMount> {
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
        provider: z.enum(SECRET_PROVIDERS, `must be one of ${SECRET_PROVIDERS.join(', ')}`),
      },
      'must be {prefix, provider}, or /prefix=provider',
    ),
  );
}

/** Each provider has one prefix and each prefix one provider, so that no secret has two references. */
export function secretMounts(): z.ZodType<readonly SecretMount[]> {
  return list(secretMount()).superRefine((mounts, context) => {
    for (const [index, { prefix, provider }] of mounts.entries()) {
      const earlier = mounts.slice(0, index);
      if (earlier.some((other) => other.prefix === prefix))
        context.addIssue({
          code: 'custom',
          path: [index],
          message: `${prefix} is mounted already; give each provider a prefix of its own`,
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
