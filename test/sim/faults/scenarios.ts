export const SCENARIOS: Readonly<
  Record<string, (seed: string) => import('../scenario.ts').Scenario>
> = {};
