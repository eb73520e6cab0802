/** A directory of files with secrets: the path of such a file is a second name for a secret. */
export interface SecretDirectory {
  /** The setting that names it, for messages. */
  readonly setting: string;
  readonly path: string;
}
