/** Every SSM parameter that the configuration names: they must be there in each vantage. */
import { byText, type CheckNode, type Config, type HeaderValue } from '../../shared/core/model.ts';

export function secretNames({ services, notify }: Config): readonly string[] {
  const names = new Set<string>();
  const take = (value: HeaderValue | undefined): void => {
    if (typeof value === 'object') names.add(value.ssm);
  };
  const walk = (node: CheckNode): void => {
    switch (node.kind) {
      case 'http':
        for (const value of Object.values(node.headers)) take(value);
        return;
      case 'tcp':
        return;
      case 'all':
      case 'any':
        for (const check of node.checks) walk(check);
    }
  };
  for (const service of services) {
    for (const endpoint of service.endpoints) walk(endpoint.check.node);
  }
  take(notify.webhook);
  take(notify.heartbeat);
  return [...names].sort(byText);
}
