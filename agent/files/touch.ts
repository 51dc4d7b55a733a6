/** What happens to a path, as far as it matters whether it may; an entry of a manifest says it. */
export type Touch =
  | { readonly op: 'put'; readonly type: 'file' | 'directory' }
  | { readonly op: 'put'; readonly type: 'symlink'; readonly link: string }
  | { readonly op: 'remove' };
