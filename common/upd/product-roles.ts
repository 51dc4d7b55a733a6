import { UvsError } from '../errors.ts';
import type { Manifest } from './manifest.ts';
import type { PackageRole, Root } from './root.ts';

/** What of a manifest says whose package it is. */
export type NamedPackage = Pick<Manifest, 'product' | 'components'>;

/**
 * Demands that a package brings components of its own role only: the order of a component decides what a node takes next, so that who could bring another's
 * could keep all further releases of it away. The site has those that are named like its products, the vendor all others.
 * @param roles that vouch for the package and may sign its product. @throws UvsError TARGET_MISMATCH
 */
export function demandOwnComponents({ product, components }: NamedPackage, root: Root, roles: readonly PackageRole[]): void {
  const foreign = Object.keys(components).find((component) => !roles.some((role) => isComponentOf(role, component, root)));
  if (foreign === undefined) return;
  const whose = roles.includes('vendor') ? "the site's" : "the vendor's";
  throw new UvsError(
    'TARGET_MISMATCH',
    `The package of product "${product}" has the component "${foreign}", which is ${whose} by the root file.`,
    {
      hint: roles.includes('vendor')
        ? 'Name the component otherwise, or have the root file give up that product of the site.'
        : 'Name the component like one of the products of the site, or have the root file name it as one ("upd root next --add-product site=NAME").',
      details: { product, component: foreign },
    },
  );
}

/**
 * Demands that a package says versions of its own role's products only: what a node is shown to have is what its packages say that they bring, and a site key
 * could show every node as one that has the vendor's newest release. Judged where a package is opened; one that is installed already is not judged anew.
 * @param roles as above. @throws UvsError TARGET_MISMATCH
 */
export function demandOwnVersions(
  { product, brings }: Pick<Manifest, 'product' | 'brings'>,
  { vendor, site }: Root,
  roles: readonly PackageRole[],
): void {
  if (roles.includes('vendor')) return;
  const foreign = Object.keys(brings).find((name) => vendor.products.includes(name) && site?.products.includes(name) !== true);
  if (foreign === undefined) return;
  throw new UvsError(
    'TARGET_MISMATCH',
    `The package of product "${product}" says that it brings version ${brings[foreign] ?? ''} of "${foreign}", which is the vendor's product by the root file.`,
    { hint: 'Leave it out of `brings`, and build the package anew.', details: { product, brings: foreign } },
  );
}

/** Whether the vendor has no part in a product: its packages are then an operator's own. */
export function isOfSiteAlone(product: string, { vendor, site }: Root): boolean {
  return site?.products.includes(product) === true && !vendor.products.includes(product);
}

function isComponentOf(role: PackageRole, component: string, root: Root): boolean {
  return role === 'site' ? root.site?.products.includes(component) === true : !isOfSiteAlone(component, root);
}
