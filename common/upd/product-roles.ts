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

/** Whether the vendor has no part in a product: its packages are then an operator's own. */
export function isOfSiteAlone(product: string, { vendor, site }: Root): boolean {
  return site?.products.includes(product) === true && !vendor.products.includes(product);
}

function isComponentOf(role: PackageRole, component: string, root: Root): boolean {
  return role === 'site' ? root.site?.products.includes(component) === true : !isOfSiteAlone(component, root);
}
