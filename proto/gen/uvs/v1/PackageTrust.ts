// Original file: proto/uvs/v1/package.proto

export const PackageTrust = {
  PACKAGE_TRUST_UNSPECIFIED: 'PACKAGE_TRUST_UNSPECIFIED',
  PACKAGE_TRUST_TRUSTED: 'PACKAGE_TRUST_TRUSTED',
  PACKAGE_TRUST_REFUSED: 'PACKAGE_TRUST_REFUSED',
} as const;

export type PackageTrust =
  | 'PACKAGE_TRUST_UNSPECIFIED'
  | 0
  | 'PACKAGE_TRUST_TRUSTED'
  | 1
  | 'PACKAGE_TRUST_REFUSED'
  | 2

export type PackageTrust__Output = typeof PackageTrust[keyof typeof PackageTrust]
