// Original file: proto/hybrid/runner/v1/runner.proto

export const Codec = {
  CODEC_UNSPECIFIED: 'CODEC_UNSPECIFIED',
  CODEC_NONE: 'CODEC_NONE',
  CODEC_ZSTD: 'CODEC_ZSTD',
} as const;

export type CodecInput =
  | 'CODEC_UNSPECIFIED'
  | 0
  | 'CODEC_NONE'
  | 1
  | 'CODEC_ZSTD'
  | 2

export type Codec = typeof Codec[keyof typeof Codec]
