import { z } from 'zod';
import { placesOverlap } from '../../secrets/managers/mountable.ts';
import { MANAGER_TYPES, MANAGERS } from '../../secrets/managers/registry.ts';
import {
  isManager,
  mountOptions,
  PROVIDER_NAMES,
  type SecretMount,
} from '../../secrets/providers/registry.ts';
import { list } from './basic.ts';

const TYPES = [...PROVIDER_NAMES, ...MANAGER_TYPES];

/** `{prefix, provider}` with the options of a secret manager, or `/prefix=provider` in text. */
function secretMount(): z.ZodType<SecretMount> {
  const split = (raw: unknown): unknown => {
    const match =
      typeof raw === 'string' ? /^(?<prefix>[^=]*)=(?<provider>[^=]*)$/.exec(raw) : null;
    return match === null ? raw : { ...match.groups };
  };
  return z
    .preprocess(
      split,
      z.looseObject(
        {
          prefix: z
            .string()
            .regex(
              /^(?:\/[A-Za-z0-9._-]{1,64}){1,8}$/,
              'must be the beginning of a reference, such as /salesforce/prod',
            ),
          provider: z.enum(TYPES, `must be one of ${TYPES.join(', ')}`),
        },
        'must be {prefix, provider}, or /prefix=provider',
      ),
    )
    .superRefine((mount, context) => {
      const { provider } = mount;
      const options = mountOptions(mount);
      const problems = isManager(provider)
        ? MANAGERS[provider].problems(options)
        : Object.keys(options).map((option) => ({ option, problem: 'is no option of a mount' }));
      for (const { option, problem } of problems)
        context.addIssue({
          code: 'custom',
          path: option === undefined ? [] : [option],
          message: problem,
        });
    });
}

/**
 * Each local provider has one prefix, each prefix one provider, and no part of a secret manager is
 * mounted twice, so that no secret has two references.
 */
export function secretMounts(): z.ZodType<readonly SecretMount[]> {
  return list(secretMount()).superRefine((mounts, context) => {
    for (const [index, mount] of mounts.entries()) {
      const earlier = mounts.slice(0, index);
      const message = earlier.some(({ prefix }) => prefix === mount.prefix)
        ? `${mount.prefix} is mounted already; give each provider a different prefix`
        : earlier.some((other) => placesOverlap(placeOf(other), placeOf(mount)))
          ? `${mount.provider} is mounted already; with two prefixes a secret would have two references`
          : undefined;
      if (message !== undefined) context.addIssue({ code: 'custom', path: [index], message });
    }
  });
}

function placeOf(mount: SecretMount): readonly string[] {
  const { prefix, provider } = mount;
  if (!isManager(provider)) return [provider];
  const kind = MANAGERS[provider];
  const options = mountOptions(mount);
  return kind.problems(options).length > 0 ? [prefix] : kind.mount(options).place;
}
