/**
 * The user's configuration → one that a simulated world can answer: every check's expectations are taken as
 * met by a healthy endpoint, headers and watch conditions are left out, services that only observe act.
 * Digests stay: every region runs this one file.
 */
import type { Check, CheckNode, Config, HttpCheck, TcpCheck } from '../../shared/core/model.ts';

/** More would take minutes and show the same. */
export const SERVICES_MAX = 6;

export function rehearsedFile(
  config: Config,
  only: string | undefined,
): { readonly config: Config; readonly left: readonly string[] } {
  const wanted = config.services.filter(({ id }) => only === undefined || id === only);
  const services = wanted.slice(0, SERVICES_MAX);
  return {
    left: wanted.slice(SERVICES_MAX).map(({ id }) => id),
    config: {
      ...config,
      drills: [],
      services: services.map((service) => ({
        ...service,
        mode: 'enforce' as const,
        endpoints: service.endpoints.map((endpoint) => ({
          ...endpoint,
          check: met(endpoint.check),
        })),
      })),
    },
  };
}

const met = (check: Check): Check => ({ ...check, node: metNode(check.node), watch: [] });

function metNode(node: CheckNode): CheckNode {
  switch (node.kind) {
    case 'http':
      return { ...node, url: 'https://{target}/', headers: {}, expect: {} } satisfies HttpCheck;
    case 'tcp':
      return { ...node, expect: {} } satisfies TcpCheck;
    case 'all':
    case 'any':
      return { ...node, checks: node.checks.map(metNode) };
  }
}
