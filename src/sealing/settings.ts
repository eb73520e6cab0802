import { z } from 'zod';

const orUndefined = (value: string | undefined): string | undefined => value;

/** Where the sealing key is, of which at most one is set; nothing is sealed without. */
export const sealingSettingsSchema = z.object({
  /** Whether systemd has it as the credential SEALING_CREDENTIAL. */
  credential: z.boolean(),
  keyFile: z.string().optional().transform(orUndefined),
  passphraseFile: z.string().optional().transform(orUndefined),
});
export type SealingSettings = z.infer<typeof sealingSettingsSchema>;

/**
 * The name of the credential. No reference can spell it, so that a job cannot read it where
 * credentials are also secrets of jobs.
 */
export const SEALING_CREDENTIAL = 'hybrid-runner@sealing-key';
/** The credential, encrypted by systemd for this machine. */
export const ENCRYPTED_CREDENTIAL = `/etc/credstore.encrypted/${SEALING_CREDENTIAL}`;
