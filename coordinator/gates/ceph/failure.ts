import { UvsError } from '../../../common/errors.ts';

/** errno(3) of Linux, with which commands of Ceph exit. */
export const ENOENT = 2;
export const EACCES = 13;
export const EBUSY = 16;
export const EINVAL = 22;
export const EOPNOTSUPP = 95;

/** The error for a command that failed, with what Ceph said. */
export function failure(code: number, shown: string, remark: string): UvsError {
  const said = remark === '' ? `exit status ${code}` : remark;
  if (code === EACCES) {
    return new UvsError('PERMISSION_DENIED', `${shown}: ${said}`, { hint: 'Give the key the capabilities of docs/ceph.md.' });
  }
  return new UvsError('UNREACHABLE', `${shown}: ${said}`);
}
